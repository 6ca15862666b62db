"""What a sensitivity analysis says and draws: shares of assumptions, the tornado's names, the ledger.

Why: these are words about numbers; nothing else notices when they are about others.
"""

from __future__ import annotations

from typing import Any

import pytest

from sim.report.evidence import as_text as ledger_text
from sim.report.evidence import ledger_data
from sim.report.sensitivity import assumptions_sentence
from sim.report.tornado import MOST_BARS, tornado
from tests.analysis.closed import closed

PARAMETERS = [{"grade": "assumed"}, {"grade": "single_source"}, {"grade": "assumed"}]


@pytest.mark.parametrize(
    ("first", "total", "said"),
    [
        (1.0, 1.0, "all rests on assumptions: the priors of 2 of 3 uncertain parameters are assumed."),
        (0.0, 0.0, "nothing rests on assumptions: the priors of 2 of 3 uncertain parameters are assumed."),
        (
            {"point": 0.6, "low": 0.5, "high": 0.71},
            {"point": 0.7, "low": -0.02, "high": 0.8},
            "0.60 [0.50–0.71] (first order) to 0.70 [−0.02 to 0.80] (total; 95 % bootstrap intervals) rests "
            "on assumptions: the Sobol indices of the 2 of 3 uncertain parameters whose priors are assumed, "
            "taken together.",
        ),
    ],
)
def test_how_much_rests_on_assumptions(first: Any, total: Any, said: str) -> None:
    """Would catch an index without its interval, and one that was not needed told as measured."""
    told = assumptions_sentence({"first_order": first, "total": total}, PARAMETERS)
    assert told == f"Of the variance that the uncertain parameters bring, {said}"


def test_where_nothing_is_uncertain_nothing_is_counted() -> None:
    """Would catch "the priors of 0 of 0 uncertain parameters are assumed"."""
    told = assumptions_sentence({"first_order": 0.0, "total": 0.0}, [])
    assert told == "No number is uncertain: none is drawn from a prior, and no variance rests on assumptions."


def tornado_data(count: int, name: str = "impediments.p{}.chance") -> dict[str, Any]:
    headline = {"unit": "patients", "carrier": None, "carrier_title": None, "world": "unimpeded",
                "minus": "actual"}  # fmt: skip
    parameters = [
        {"key_path": name.format(k), "headline_at_low": 50.0 - k, "headline_at_high": 50.0 + k,
         "low_value": f"{k}%", "high_value": f"{k + 1}%"}
        for k in range(count)
    ]  # fmt: skip
    return {"headline": headline, "parameters": parameters, "at_medians": 50.0, "variant": "base",
            "luck": [0, 1], "from": "prior", "status": "by hand", "illustrative": False,
            "swing": [0.05, 0.95]}  # fmt: skip


@pytest.mark.parametrize(("count", "shown"), [(3, 3), (MOST_BARS, MOST_BARS), (MOST_BARS + 4, MOST_BARS)])
def test_the_widest_are_drawn_and_the_rest_is_mentioned(count: int, shown: int) -> None:
    """Would catch the narrow ones drawn, and bars left out in silence."""
    (axes,) = tornado(tornado_data(count)).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [f"p{k}.chance" for k in range(count - shown, count)]
    said = " ".join(axes.get_title(loc="left").split())
    assert (f"the {shown} widest of {count} parameters" in said) == (shown < count)
    assert said.startswith("by hand; variant base; means over the same 2 replications;")


@pytest.mark.parametrize(
    ("key_path", "shown"),
    [
        ("impediments.gate.chance", "gate.chance"),
        ("conditions.snow.chance", "snow.chance"),
        ("need.initial_list", "need.initial_list"),
        ("impediments.inspections-at-the-first-checkpoint.per_vehicle",
         "inspections-at-the-first-checkpoint\n.per_vehicle"),
    ],
)  # fmt: skip
def test_a_long_name_takes_two_lines(key_path: str, shown: str) -> None:
    """Would catch names that leave no room for the bars, or lose what they are of."""
    (axes,) = tornado(tornado_data(1, key_path)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [shown]


def test_a_ledger_without_influence_lists_every_number() -> None:
    """Would catch influence that was not measured told as unknown, number by number."""
    data = ledger_data(closed(), "base", None)
    text = ledger_text(data)
    assert "need.initial_list: uniform 100 .. 199; assumed" in text
    assert text.count("\n- ") == len(data["numbers"])
    assert "influence" not in text
    assert "?" not in text
    assert "ILLUSTRATIVE" not in text
    example = ledger_text({**data, "illustrative": True}, "Nothing rests on assumptions.")
    heading, *rest = example.splitlines()
    assert heading == "Evidence for every number (closed, variant base)"
    assert rest[0] == "ILLUSTRATIVE: a teaching example; it describes no real corridor."
    assert "Nothing rests on assumptions." in rest
