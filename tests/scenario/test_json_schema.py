"""The schema for editors: in step with the models, and true of real files."""

from __future__ import annotations

import runpy
from pathlib import Path

import jsonschema
import pytest
import yaml

from sim.scenario.json_schema import scenario_json_schema, text_of, tidied
from sim.scenario.reference import reference
from sim.scenario.starter import starting_file
from tests.scenario.samples import SMALL, changed

ROOT = Path(__file__).parents[2]


def complaints(text: str) -> list[str]:
    """As an editor sees it: every scalar is the text that was written."""
    checker = jsonschema.Draft202012Validator(scenario_json_schema())
    return [
        f"{e.json_path}: {e.message}" for e in checker.iter_errors(yaml.load(text, Loader=yaml.BaseLoader))
    ]


def test_the_committed_schema_is_in_step() -> None:
    """A schema that falls behind underlines what is right."""
    committed = (ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8")
    assert committed == text_of(scenario_json_schema()), (
        "run: python -m sim.scenario.json_schema > docs/scenario.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(scenario_json_schema())


@pytest.mark.parametrize("text", [SMALL, starting_file("first")])
def test_right_files_have_no_complaints(text: str) -> None:
    assert complaints(text) == []


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda p: p.name)
def test_the_scenarios_of_this_repository_have_none(path: Path) -> None:
    assert complaints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: small", "name: Small"),
        ("patients: 6", "patient: 6"),
        ("travel: 2 h", "travel: 2"),
        ("3 / day\n", "3\n"),
        ("kind: convoy_cap", "kind: cap"),
    ],
)
def test_wrong_files_are_underlined(old: str, new: str) -> None:
    assert complaints(changed((old, new)))


def test_every_key_is_described() -> None:
    for name, model in scenario_json_schema()["$defs"].items():
        block = next((o for o in model.get("anyOf", [model]) if "properties" in o), model)
        for key, field in block["properties"].items():
            assert "description" in field or key == "kind", f"{name}.{key}"


def test_the_reference_of_keys_is_in_step() -> None:
    """Catches: a key added or explained anew whose page nobody made again."""
    committed = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert committed == reference(), "run: python -m sim.scenario.reference > docs/reference.md"


@pytest.mark.filterwarnings("ignore:.*found in sys.modules")
@pytest.mark.parametrize(
    ("module", "page"), [("json_schema", "scenario.schema.json"), ("reference", "reference.md")]
)
def test_both_pages_are_what_their_commands_print(
    module: str, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches: a command, named at the head of its page, that prints something else or nothing."""
    runpy.run_module(f"sim.scenario.{module}", run_name="__main__")
    assert capsys.readouterr().out == (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_a_choice_of_two_stays_one_when_the_key_may_be_left_out() -> None:
    """Catches: a value that an editor underlines because the schema forgot its second form."""
    number, word = {"type": "integer"}, {"enum": ["rest"]}
    optional = {"anyOf": [number, word, {"type": "null"}], "default": None, "title": "X"}
    assert tidied(optional) == {"anyOf": [number, word]}
    assert tidied({"anyOf": [number, {"type": "null"}]}) == number


def test_every_key_is_in_the_reference_with_its_meaning() -> None:
    """Catches: a block that the reference does not reach, or a key without a description."""
    page = reference()
    for name, block in scenario_json_schema()["$defs"].items():
        assert f"## {name}\n" in page
        inside = block.get("properties") or next(o["properties"] for o in block["anyOf"] if "properties" in o)
        for key in inside:
            assert f"| `{key}` |" in page, f"{name}.{key}"
    assert "|  |  |  |" not in page
