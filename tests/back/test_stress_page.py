"""docs/stress-des.md answers every item of the checklist, from the scenario, code and run of today."""

import pytest

from tests.back import stress_page
from tests.back.stress_data import Facts, facts

CHECKLIST = [
    *("1.1", "1.2", "1.3"),
    *("2.1", "2.2", "2.3", "2.4", "2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5"),
    *("3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "6.1"),
]
"""STRESS-DES 1.0; 2.5.1 to 2.5.5 are the parts of one of its twenty items."""


def test_the_page_is_of_this_scenario_code_and_run() -> None:
    """Catches: a number, a source, a docstring, a version or a published run that changed after the page."""
    committed = stress_page.PAGE.read_text(encoding="utf-8")
    assert committed == stress_page.page(), "run: python -m tests.back.stress_page"


@pytest.fixture(scope="module")
def found() -> Facts:
    return facts()


def test_every_item_of_the_checklist_stands_in_its_order() -> None:
    """Catches: an item that was left out, or numbered otherwise than in the checklist."""
    page = stress_page.PAGE.read_text(encoding="utf-8")
    assert [line.split()[1] for line in page.splitlines() if line.startswith("### ")] == CHECKLIST


def test_facts_are_read_and_not_typed(found: Facts) -> None:
    """Catches: a run length, a seed, a version or a number of replications that was typed into the prose."""
    asked = {**found.manifest["asked"], "seed": 987654321, "version": "98.7", "python": "3.98.7"}
    other = found._replace(manifest={**found.manifest, "asked": asked, "engine": "simpy"})
    said = "".join("".join(answer(other)) for _, _, answer in stress_page.ITEMS.values())
    for fact in ("987654321", "98.7", "3.98.7", "`simpy` engine"):
        assert fact in said
    assert str(found.manifest["asked"]["seed"]) not in said
    assert f", Python {found.manifest['asked']['python']};" not in said


def test_every_source_and_every_assumed_reason_is_on_the_page(found: Facts) -> None:
    """Catches: a source that the list of 3.1 does not name, an assumption that 3.4 is silent about."""
    page = stress_page.PAGE.read_text(encoding="utf-8")
    for name, source in found.file.scenario.sources.items():
        assert f"| {name} | " in page
        assert str(source.url or source.data) in page
    for obstacle in found.file.scenario.impediments.values():
        assert not obstacle.assumed or obstacle.assumed in page
