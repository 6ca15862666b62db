"""Every uncertain value of a layout has its number in the ledger: or its grade would be another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.model.laying_out import lay_out
from sim.model.value_names import uncertain_entries
from sim.scenario.reading import read_scenario, read_text
from tests.scenario.samples import SMALL

ROOT = Path(__file__).parents[2]
EVERYWHERE = (
    ("plan: {days:", "plan: {by_list: [{parties: 9, chance: {prior: uniform 2% .. 3%}}], days:"),
    ("travel: 2 h", "travel: {value: 2 h, mean: {prior: uniform 1 h .. 3 h}}"),
    ("share: 30%, companions: binomial 2 mean 0.8",
     "share: {prior: uniform 10% .. 20%}, companions: {value: poisson 1, mean: {prior: uniform 0.5 .. 1}}, "
     "lying: {prior: uniform 1% .. 2%}, "
     "deteriorates: {after: {value: 9 days, mean: {prior: uniform 1 day .. 2 days}}}"),
    ("per_vehicle: 20 min", "per_vehicle: {value: 20 min, mean: {prior: uniform 1 min .. 2 min}}"),
    ("patients: 6", "patients: {prior: uniform 5 .. 7}"),
    ("  snow: {",
     "  fuel: {kind: fuel_limit, per_week: {prior: uniform 9 l .. 99 l}, per_trip: 9 l, assumed: x}\n"
     "  snow: {"),
    ("needs: 2,", "needs: {prior: uniform 1 .. 3},"),
    ("seats: 3,", "seats: 3, availability: {prior: uniform 80% .. 90%},"),
)  # fmt: skip


def text() -> str:
    made = SMALL
    for old, new in EVERYWHERE:
        assert made.count(old) == 1, old
        made = made.replace(old, new)
    return made.replace(
        "at: 09:00, needs: {prior: uniform 1 .. 3}, assumed: what it ran when let through}",
        "at: 09:00, needs: {prior: uniform 1 .. 3}, assumed: what it ran when let through}\n"
        "    plan_from:\n"
        "      2023-02-01:\n"
        "        {days: daily, at: 09:00, by_list: [{parties: 5, chance: {prior: uniform 2% .. 9%}}]}\n"
        "    assumed: so it is",
    )


@pytest.mark.parametrize("name", ["flagship", "everywhere"])
def test_the_ledger_s_priors_are_the_layout_s(name: str) -> None:
    file = (
        read_scenario(ROOT / "scenarios" / "lachin-2022-2023.yaml")
        if name == "flagship"
        else read_text(text(), Path(), "s.yaml")
    )
    for scenario in file.variants.values():
        uncertain = {value.name: value.prior for value in lay_out(scenario).values if value.prior is not None}
        entries = uncertain_entries(scenario)
        assert {name: entry.value for name, entry in entries.items()} == uncertain
    assert len(uncertain) >= (20 if name == "flagship" else 12)
