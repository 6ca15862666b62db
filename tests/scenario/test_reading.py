# ruff: noqa: E501  (tables of cases, one a line)
"""What a right file means: variants, assumptions, tables, hashes, warnings."""

from __future__ import annotations

import hashlib
import pickle
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from sim.scenario import yaml_tree
from sim.scenario.hashing import history_hash
from sim.scenario.reading import read_scenario
from sim.scenario.starter import starting_file
from sim.scenario.tree import Items, Keys
from tests.scenario.samples import SMALL, changed, errors, read

TABLE = "  shut: {kind: closure, table: shut.csv, policy: hold, assumed: by the calendar}\n"


def with_table() -> str:
    return changed(("  gate: {kind", TABLE + "  gate: {kind"))


def test_a_file_and_the_same_text_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SMALL, encoding="utf-8")
    from_disk, from_memory = read_scenario(path), read(SMALL)
    assert from_disk.scenario == from_memory.scenario
    assert from_disk.path == path
    assert (from_disk.file_hash, from_disk.model_hash) == (from_memory.file_hash, from_memory.model_hash)
    assert from_disk.warnings == ()


def test_lines_may_end_in_either_way() -> None:
    assert read(SMALL.replace("\n", "\r\n")).model_hash == read(SMALL).model_hash


def test_variants() -> None:
    file = read(SMALL)
    assert list(file.variants) == ["base", "few"]
    assert file.variants["base"] is file.scenario
    few = file.variants["few"]
    assert "caps" not in few.impediments
    assert few.need.initial_list.value == 0
    assert file.scenario.need.initial_list.value == 24


def test_a_fact_is_replaced_whole() -> None:
    """A prior laid over a value key by key would leave both, and the old source beside the new number."""
    text = changed(("{initial_list: 0}", "{initial_list: {prior: uniform 0 .. 60, assumed: a rival}}"))
    fact = read(text).variants["few"].need.initial_list
    assert (fact.value, fact.source, fact.assumed) == (None, None, "a rival")
    text = changed(("{initial_list: 0}", "{initial_list: {note: a note}}"))
    assert read(text).variants["few"].need.initial_list.value == 24


def test_a_world_that_assumes() -> None:
    text = changed(
        ("remove: [{group: closures}]", "remove: all, assume: {carriers: {icrc: {fleet: {car: {count: 8}}}}}")
    )
    file = read(text)
    assert sorted(file.assumed) == [("base", "no-closures"), ("few", "no-closures")]
    assert file.assumed["few", "no-closures"].carriers["icrc"].fleet["car"].count == 8
    assert "caps" not in file.assumed["few", "no-closures"].impediments
    assert file.scenario.carriers["icrc"].fleet["car"].count == 4
    assert read(text.replace("count: 8", "count: 9")).model_hash != file.model_hash
    (line,) = errors(text.replace("count: 8", "count: x"))
    assert re.search(r":35:78: carriers.icrc.fleet.car.count: .*\(in world `no-closures`\)", line)


def test_words_do_not_move_the_model() -> None:
    """A posterior is named by this hash: a corrected title must not orphan it."""
    base = read(SMALL)
    for swap in (
        ("title: A small scenario", "title: Another\nabout: text"), ("https://example.org/a", "https://example.org/b"),
        ("assumed: it grew", "assumed: another reason"), ("says: Few were referred.", "says: Otherwise."),
        ("travel: 2 h", "travel: 120 min"), ("{rank: 1, share: 30%,", "{share: 0.3, rank: 1,"),
    ):  # fmt: skip
        other = read(changed(swap))
        assert other.model_hash == base.model_hash, swap
        assert other.file_hash != base.file_hash
    for swap in (
        ("share: 30%", "share: 31%"), ("about: 150", "about: 151"), ("{initial_list: 0}", "{initial_list: 1}"),
        ("from: 2023-02-22", "from: 2023-02-23"), ("group: closures, ", "group: closures, policy: hold, "),
    ):  # fmt: skip
        assert read(changed(swap)).model_hash != base.model_hash, swap


def test_a_new_question_leaves_the_history_alone() -> None:
    """A posterior is named by this hash, of each variant."""

    def hashes(text: str) -> list[str]:
        return [history_hash(scenario) for scenario in read(text).variants.values()]

    base = hashes(SMALL)
    assert hashes(changed(("  late: {from: 2023-02-22}", "  late: {from: 2023-02-23}"))) == base
    assert hashes(changed(("about: 150", "about: 151"))) == base, "only validated"
    seen = ("about: 150", "about: 150, error: 10, use: calibrate")
    other = hashes(changed(seen))
    assert all(a != b for a, b in zip(base, other, strict=True))
    assert hashes(changed((seen[0], seen[1].replace("150", "151")))) != other
    day = date(2023, 2, 1)
    (figure,) = read(changed(seen)).scenario.observed.values()
    assert figure.by > day
    assert history_hash(read(changed(seen)).scenario, day) == history_hash(read(SMALL).scenario, day)


def test_the_file_hash_is_that_of_the_bytes() -> None:
    assert read(SMALL).file_hash == hashlib.sha256(SMALL.encode()).hexdigest()


def test_a_table_of_closures(tmp_path: Path) -> None:
    (tmp_path / "shut.csv").write_text(
        "id,from,to,policy,source,note\nmarch,2023-03-01,2023-03-03,,,\nnoon,2023-03-05 12:00,2023-03-06,complete,paper,a note\n"
    )
    file = read(with_table(), tmp_path)
    closures = file.scenario.impediments
    assert list(closures) == ["first-week", "march", "noon", "gate", "caps"]
    march, noon = closures["march"], closures["noon"]
    assert (march.group, march.policy, march.assumed, march.source) == (
        "shut",
        "hold",
        "by the calendar",
        None,
    )  # type: ignore[union-attr]
    assert (noon.policy, noon.assumed, noon.source, str(noon.from_)) == (
        "complete",
        None,
        "paper",
        "2023-03-05 12:00",
    )  # type: ignore[union-attr]
    before = file.file_hash
    (tmp_path / "shut.csv").write_text("id,from,to\nmarch,2023-03-01,2023-03-03\n")
    assert read(with_table(), tmp_path).file_hash != before
    dropped = with_table().replace("drop: [impediments.caps]", "drop: [impediments.march, impediments.caps]")
    assert "march" not in read(dropped, tmp_path).variants["few"].impediments


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "id,from,to\nx,2023-03-03,2023-03-01\n",
            r"shut.csv:2:14: impediments.x.to: .*2023-03-01.*2023-03-03",
        ),
        ("id,from,to\nx,2023-13-03,2023-03-01\n", r"shut.csv:2:3: impediments.x.from: .*no such day"),
        (
            "id,from,to,source\nx,2023-03-01,2023-03-01,papr\n",
            r"shut.csv:2:25: impediments.x.source: no source `papr`",
        ),
        ("id,from,to\nx,2023-03-01,2023-03-01\nx,2023-03-02,2023-03-02\n", r"shut.csv:3:1: .*id already"),
        ("id,from\nx,2023-03-01\n", r"shut.csv:1:1: missing column `to`"),
        (
            "id,from,to,polcy\nx,2023-03-01,2023-03-01,hold\n",
            r"shut.csv:1:1: unknown column `polcy`.*did you mean `policy`",
        ),
        ("id,from,to\nx,2023-03-01\n", r"shut.csv:2:1: 2 cells in a row"),
        ("id,from,to\nx,,2023-03-01\n", r"shut.csv:2:3: the cell of `from` is empty"),
        (
            'id,from,to\n"x,2023-03-01,2023-03-01\n',
            r"shut.csv:2:1: a quote that opens in this line is not closed",
        ),
        ('id,from,to\nx,"2023"-03-01,2023-03-01\n', r"shut.csv:2:1: not CSV"),
        ('id,"from,to\nx,2023-03-01,2023-03-01\n', r"shut.csv:1:1: a quote that opens in this line"),
        ("id,from,to\n", r"shut.csv:1:1: the table has no rows"),
        ("id;from;to\nx;2023-03-01;2023-03-01\n", r"shut.csv:1:1: separate with commas"),
        ("id,from,to\nx;2023-03-01;2023-03-01\n", r"shut.csv:2:1: 1 cells in a row; .*separate with commas"),
        ("\ufeffid,from,to\n", r"shut.csv:1:1: .*U\+FEFF.*without BOM"),
        ("", r"shut.csv:1:1: missing column"),
    ],
)
def test_mistakes_in_a_table(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "shut.csv").write_text(table, encoding="utf-8")
    (line,) = errors(with_table(), tmp_path)
    assert re.search("^error: " + said, line), line


def test_an_open_quote_costs_one_row(tmp_path: Path) -> None:
    """Read on to the next quote, it would swallow good rows and their mistakes."""
    rows = 'id,from,to,note\na,2023-03-01,2023-03-01,"open\nb,2023-03-33,2023-03-03,"closed, here"\n'
    (tmp_path / "shut.csv").write_text(rows)
    quote, day = errors(with_table(), tmp_path)
    assert "shut.csv:2:1: a quote that opens in this line is not closed" in quote
    assert re.search(r"shut.csv:3:3: impediments.b.from: .*no such day", day)


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "shut.csv").mkdir()
    (line,) = errors(with_table(), tmp_path)
    assert "impediments.shut.table: a folder, not a CSV file; found `shut.csv`" in line


def test_a_variant_may_add_what_is_complete() -> None:
    text = changed(
        ("{initial_list: 0}}", "{initial_list: 0}, impediments: {fear: {kind: deterrence, share: 10%}}}")
    )
    assert "fear" in read(text).variants["few"].impediments
    text = changed(
        ("{initial_list: 0}", "{initial_list: 0, classes: {planned: {share: 40%}, third: {share: 30%}}}")
    )
    assert "third" in read(text).variants["few"].need.classes
    text = changed(("{initial_list: 0}", "{classes: {planned: {share: 40%}, third: {rank: 3}}}"))
    assert "third" in read(text).variants["few"].need.classes


def test_a_table_stays_in_its_folder(tmp_path: Path) -> None:
    """A scenario from a stranger must not read files of the machine."""
    home, secret = tmp_path / "home", tmp_path / "secret.csv"
    home.mkdir()
    secret.write_text("id,from,to\n")
    (home / "link.csv").symlink_to(secret)
    for path in ("../secret.csv", str(secret), "link.csv", "none.csv", "~/x.csv", "a\\b.csv", "."):
        (line,) = errors(with_table().replace("shut.csv", path), home)
        assert re.search(r"^error: s.yaml:28:32: impediments.shut.table: ", line), line


WARNED = [
    ("from: 2023-01-09, to: 2023-01-09", "from: 2023-01-05, to: 2023-01-09", r":31:3: conditions.snow: closures overlap"),
    ("from: 2023-01-09, to: 2023-01-09", "from: 2022-01-09, to: 2022-01-09", r"conditions.snow: outside the period"),
    ("share: 30%,", "share: 30%, lying: 10%,", r"urgent.lying: no vehicle has a lying place"),
    ("remove: [{group: closures}]", "says: nothing", r"worlds.no-closures: removes nothing"),
    ("count: 4", "count: 0", r":16:3: carriers: no carrier has a vehicle: nobody is ever carried"),
    ("needs: 2", "needs: 2, escort: 4", r"plan.escort: `escort` \(4\) leaves none of the fleet \(4\) for patients"),
    ("share: 30%,", "share: 30%, deteriorates: {after: exponential 90 days},", r"deteriorates: death while waiting"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WARNED)
def test_warnings_are_said_once(old: str, new: str, said: str) -> None:
    warnings = read(changed((old, new))).warnings
    assert len(warnings) == 1
    assert re.search(said, warnings[0])


def test_what_may_move_somebody_is_not_warned_of() -> None:
    assert read(changed(("needs: 2", "needs: 2, escort: 3"))).warnings == ()
    assert read(changed(("patients: 6", "patients: 0"))).warnings == ()


def test_closures_that_touch_do_not_overlap() -> None:
    assert (
        read(changed(("from: 2023-01-09, to: 2023-01-09", "from: 2023-01-08, to: 2023-01-09"))).warnings == ()
    )


@pytest.mark.parametrize("text", [SMALL, starting_file("first")])
def test_places_do_not_depend_on_the_yaml_library(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML may come without libyaml; its own scanner must point at the same places."""

    def places(node: object) -> list[object]:
        if isinstance(node, Keys):
            return [node.place, node.key_places, [places(v) for v in node.values()]]
        return (
            [node.place, [places(v) for v in node]]
            if isinstance(node, Items)
            else [node.place, node.quoted, node]
        )  # type: ignore[attr-defined]

    fast, _ = yaml_tree.parse_yaml(text, "s.yaml")
    monkeypatch.setattr(yaml_tree, "Loader", yaml.SafeLoader)
    slow, _ = yaml_tree.parse_yaml(text, "s.yaml")
    assert places(fast) == places(slow)
    monkeypatch.undo()


def test_the_starting_file_reads_without_warnings() -> None:
    file = read(starting_file("my-first", "../docs/scenario.schema.json"))
    assert file.scenario.name == "my-first"
    assert file.warnings == ()
    assert starting_file("a", "../x.json").startswith("# yaml-language-server: $schema=../x.json\n")
    with pytest.raises(ValueError, match="expected a name"):
        starting_file("../x")


def test_a_scenario_travels_between_processes() -> None:
    scenario = read(SMALL).scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_reading_imports_nothing_heavy() -> None:
    """`corridor check` must answer at once."""
    code = "import sys, sim.scenario.reading; print([m for m in ('numpy', 'scipy', 'pandas', 'numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
