"""Shapley values in whole numbers: from what coalitions give to what each member adds.

A coalition is a bit mask: bit g is set when group g is removed. What it gives is an array of whole numbers,
any shape, so that every replication and every span of time is shared out by itself, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import factorial

import numpy as np
from numpy.typing import NDArray

from sim.model.streams import generator

STREAM = "attribution/orders"
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def members(mask: int, groups: Sequence[str]) -> list[str]:
    """The groups of a mask."""
    return [group for g, group in enumerate(groups) if mask >> g & 1]


def coalitions(groups: int, orders: Ints | None) -> list[int]:
    """The coalitions to run, as bit masks: all, or those that the orders meet, and each group alone and last.

    Bit g is set when group g is removed. The first removes none.
    """
    if orders is None:
        return list(range(2**groups))
    everybody = 2**groups - 1
    masks = [0, everybody, *(1 << g for g in range(groups)), *(everybody & ~(1 << g) for g in range(groups))]
    masks += [mask for order in orders.tolist() for mask in prefixes(order)]
    return list(dict.fromkeys(masks))


def sampled_orders(seed: int, count: int, groups: int) -> Ints:
    """`count` orders of the groups, each as likely, from a stream of their own; (count, groups)."""
    uniforms = generator(seed, 0, STREAM).random((count, groups))
    return np.argsort(uniforms, axis=1, kind="stable")


def prefixes(order: Sequence[int]) -> list[int]:
    """Masks of the groups removed so far, in this order: from none to all."""
    masks = [0]
    for group in order:
        masks.append(masks[-1] | 1 << group)
    return masks


def shapley_numerators(groups: int, gains: dict[int, Ints]) -> Ints:
    """Shapley values times `groups!`, from what every coalition gives; shape (groups, ...).

    Whole numbers throughout: |S|! (k - |S| - 1)! times what the group adds to S, over all S without it.
    """
    weights = [factorial(size) * factorial(groups - size - 1) for size in range(groups)]
    values = np.zeros((groups, *gains[0].shape), dtype=np.int64)
    for mask, gain in gains.items():
        size = mask.bit_count()
        for group in range(groups):
            if mask >> group & 1:
                values[group] += weights[size - 1] * gain
            else:
                values[group] -= weights[size] * gain
    return values


def sampled_numerators(orders: Ints, gains: dict[int, Ints]) -> tuple[Ints, Floats]:
    """What each group adds, summed over the orders; and in each order, the mean over replications.

    Shapes (groups, replications, spans) and (orders, groups, spans).
    """
    count, groups = orders.shape
    values = np.zeros((groups, *gains[0].shape), dtype=np.int64)
    by_order = np.empty((count, groups, gains[0].shape[1]))
    for row, order in enumerate(orders.tolist()):
        for group, (before, after) in zip(order, pairwise(prefixes(order)), strict=True):
            added = gains[after] - gains[before]
            values[group] += added
            by_order[row, group] = added.mean(axis=0)
    return values, by_order
