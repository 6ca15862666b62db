"""Numbers are written to the digit that their interval supports, halves away from zero."""

import doctest
from decimal import Decimal
from math import floor, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report import numbers
from sim.report.numbers import rounded, rule_of_three, span, with_interval


def test_the_examples_in_the_docstrings_hold():
    found = doctest.testmod(numbers)
    assert (found.failed, found.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("value", "width", "whole", "text"),
    [
        (537.0, 463.0, True, "540"),
        (535.0, 463.0, True, "540"),  # never to even
        (0.5, 10.0, True, "1"),
        (1.5, 10.0, True, "2"),
        (-535.0, 463.0, True, "−540"),
        (537.4, 46.0, True, "537"),
        (3.4, 1.2, True, "3"),
        (3.44, 1.2, False, "3.4"),
        (0.12345, 0.01, False, "0.123"),
        (1234567.0, 1e6, True, "1,200,000"),
        (7.0, 0.0, True, "7"),
        (7.25, 0.0, False, "7.3"),
        (7.0, float("nan"), False, "7"),
        (-0.3, 40.0, True, "0"),
        (float("inf"), 3.0, False, "never"),
    ],
)
def test_rounding(value, width, whole, text):
    assert rounded(value, width, whole) == text


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_rounding_is_off_by_at_most_half_of_the_digit_that_the_width_supports(value, width):
    unit = Decimal(1).scaleb(floor(log10(width)) - 1)
    back = Decimal(rounded(value, width).replace(",", "").replace("−", "-"))
    assert abs(back - Decimal(repr(value))) <= unit / 2 * (1 + Decimal("1e-9"))
    assert back % unit == 0


def test_a_point_never_stands_without_its_interval():
    assert with_interval(540.0, 320.0, 780.0, whole=True) == "540 [320–780]"
    assert with_interval(-26.0, -33.0, -24.0) == "−26.0 [−33.0 to −24.0]"
    assert with_interval(5.0, float("nan"), float("nan"), whole=True) == "5 [no interval]"
    assert span(-40.0, 120.0, whole=True) == "−40 to 120"


def test_none_seen_is_not_never():
    assert rule_of_three(0, 1000) == "0 of 1000 (fewer than about 1 in 333)"
    assert rule_of_three(3, 1000) == "3 of 1000"
    assert rule_of_three(0, 20) == "0 of 20 (fewer than about 1 in 7)"
    assert [rule_of_three(0, few) for few in (1, 4, 19)] == ["0 of 1", "0 of 4", "0 of 19"]
