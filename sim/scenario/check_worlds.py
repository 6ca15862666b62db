"""Worlds, variants and the headline."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.finding import Finding
from sim.scenario.schema import Scenario


def findings(s: Scenario) -> Iterator[Finding]:
    """Every mistake and warning about worlds, variants and the headline."""
    for name, world in s.worlds.items():
        changes = world.remove not in ("none", ()) or bool(world.assume)
        if name not in ("actual", "unimpeded") and not changes:
            yield Finding(
                ("worlds", name), "removes nothing and assumes nothing: it is the actual world", warning=True
            )
        if world.from_ is not None and world.remove in ("none", ()):
            yield Finding(("worlds", name, "from"), "`from` goes with `remove`: nothing is removed here")
    if "base" in s.variants:
        yield Finding(
            ("variants", "base"), "`base` is the scenario as written: choose another name", at_key=True
        )
    if s.headline.world == s.headline.minus:
        yield Finding(
            ("headline",), f"`world` and `minus` are both `{s.headline.world}`: the difference is 0"
        )
