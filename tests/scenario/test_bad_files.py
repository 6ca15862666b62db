# ruff: noqa: E501  (tables of wrong files, one a line)
"""Wrong files: one clear line a mistake, at the right place, all of them at once."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from sim.scenario.reading import ScenarioError, ScenarioFileError, read_scenario
from tests.scenario.samples import changed, errors

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)

FORM = [  # what is no scenario at all: the whole text, what is said
    ("", r"1:1: the scenario is empty"),
    ("# only a comment\n", r"1:1: the scenario is empty"),
    ("---\n", r"1:1: the scenario is empty"),
    ("- 1\n", r"1:1: expected a mapping at top level .*found a list"),
    ("42\n", r"1:1: expected a mapping at top level .*found text `42`"),
    ("a:\n\tb: 1\n", r"2:1: a tab is used for indentation, line 2"),
    ("\ufeffname: x\n", r"1:1: .*U\+FEFF.*UTF-8 without BOM"),
    ("name: a\x01b\n", r"1:8: control character U\+0001"),
    ("name: a\0b\n", r"1:8: control character U\+0000"),
    ("name: Gate: north\n", r"1:11: not YAML: mapping values.*needs quotes"),
    ("name: [a\n", r"1:1: not YAML: "),
    ("name: 'a\n", r"1:\d+: not YAML: "),
    ("a: " + "[" * 500 + "]" * 500 + "\n", r"1:\d+: .*nested deeper than 20"),
    ("".join(" " * i + "a:\n" for i in range(500)), r"\d+:\d+: .*nested deeper than 20"),
    ("%YAML 1.1\n---\nname: x\n", r"1:1: directives"),
]


@pytest.mark.parametrize(("text", "said"), FORM)
def test_no_scenario_at_all(text: str, said: str) -> None:
    found = errors(text)
    assert re.search("^error: s.yaml:" + said, found[0]), found


ONE = [  # one piece of the small scenario replaced: old, new, what is said
    # form
    ("name: small", "name: small\nname: other", r"2:1: name: duplicate key `name`: it stands in line 1"),
    ("seats: 3,", "seats: 3, seats: 4,", r"18:33: .*car.seats: duplicate key `seats`"),
    ("name: small", "name: !!python/object/apply:os.system ['true']", r"1:7: name: tags are not allowed"),
    ("name: small", "name: !!str small", r"1:7: name: tags are not allowed: remove `!!str`"),
    ("name: small", "name: &n small", r"1:7: name: anchors are not allowed: remove `&n`"),
    ("patients: 6", "patients: *six", r"29:38: impediments.caps.patients: aliases are not allowed.*`\*six`"),
    ("patients: 6", "<<: {a: 1}, patients: 6", r"29:28: .*merge keys"),
    ("name: small", "~: small", r"1:1: keys must be text"),
    ("name: small", "? [a]\n: b\nname: small", r"1:3: keys must be text"),
    ("patients: 6", "patients: ", r"29:28: impediments.caps.patients: empty value"),
    ("patients: 6", "patients: ~", r"29:38: impediments.caps.patients: empty value"),
    ("headline: {world: unimpeded, minus: actual}", "---\na: b", r"40:1: one document a file"),
    # types
    ("hours: 09:00 .. 18:00", "hours: 9:00 .. 18:00", r"gate.hours: expected hours.*two digits"),
    ("rank: 1,", "rank: yes,", r"13:20: need.classes.urgent.rank: expected a whole number.*found boolean `yes`"),
    ("count: 4", "count: 4.0", r"18:20: .*count: expected a whole number.*no decimal point; found number `4.0`"),
    ("count: 4", 'count: "4"', r"count: .*remove the quotes.*found quoted text `4`"),
    ("count: 4", "count: " + "9" * 5000, r"count: expected a whole number.*5000 characters"),
    ("count: 4", "count: [4]", r"count: expected a whole number.*found a list"),
    ("count: 4", "count: {a: 4}", r"count: expected a whole number.*found a block with the keys `a`"),
    ("patients: 6", "patients: “6”", r"patients: .*U\+201C"),
    ("initial_list: {value: 24, source: paper}", "initial_list: .nan", r"initial_list: .*not a finite number"),
    ("name: small", "name: small\nseed: -1", r"2:7: seed: .*negative"),
    ("name: small", "name: small\nseed: 1.5", r"2:7: seed: .*decimal point"),
    ("name: small", 'name: small\nseed: "42"', r"2:7: seed: .*remove the quotes"),
    ("name: small", "name: small\nseed: true", r"2:7: seed: .*found boolean `true`"),
    ("name: small", "name: small\non: 3", r"2:1: on: unknown key `on`"),
    ("name: small", "name: small\n\ufeffseats: 3", r"2:1: invisible character U\+FEFF"),
    ("name: small", "name: small\nhedline: {}", r"2:1: hedline: unknown key `hedline`; did you mean `headline`\?"),
    ("from: 2023-01-01,", "from: 2023-02-30,", r"3:16: period.from: .*no such day"),
    (", utc_offset: +04:00", "", r"3:9: period.utc_offset: missing key `utc_offset`"),
    ("{to: clinic, travel: 2 h}", "[6, 18]", r"25:7: route.legs\[1\]: expected a block of keys .*found a list"),
    ("name: small\n", "", r"1:1: name: missing key `name`"),
    (", per_vehicle: 20 min", "", r"28:9: impediments.gate.per_vehicle: missing key `per_vehicle` \(Inspection time"),
    ("kind: convoy_cap, ", "", r"29:9: impediments.caps.kind: missing key `kind`: one of `closure`"),
    ("kind: convoy_cap", "kind: convoy_cop", r"29:16: impediments.caps.kind: .*did you mean `convoy_cap`\?"),
    ("remove: [{group: closures}]", "remove: al", r"worlds.no-closures.remove: expected `all` or `none`, or a list"),
    ("remove: [{group: closures}]", "remove: [closures]", r"remove\[0\]: expected a block of keys"),
    ("share: rest", "share: reste", r"14:31: .*planned.share: expected a share.*or `rest`.*did you mean `rest`\?"),
    # units, ranges, distributions
    ("per_vehicle: 20 min", "per_vehicle: 20", r"gate.per_vehicle: expected a duration.*unit missing"),
    ("travel: 2 h", "travel: -2 h", r"route.legs\[1\].travel: .*negative"),
    ("travel: 2 h", "travel: lognormal nan h ± 1 h", r"travel: .*not a finite number"),
    ("travel: 2 h", "travel: never", r"25:28: route.legs\[1\].travel: vehicles must get through"),
    ("travel: 2 h", "travel: 0 s", r"25:28: route.legs\[1\].travel: a leg takes more than 0 s"),
    ("3 / day\n", "-3 / day\n", r"10:17: need.referrals.2023-01-01: .*negative"),
    ("share: 30%", "share: 130%", r"urgent.share: .*more than 100%"),
    ("share: rest", "share: 60%", r"13:5: need.classes: the shares sum to 0.9, not to 1"),
    ("share: 30%", "share: rest", r"13:5: need.classes: one class at most"),
    ("binomial 2 mean 0.8", "'0 at 50%, 1 at 49.9999%'", r"companions: .*sum to 0.999999, not to 1"),
    ("seats: 3", "seats: 0", r"18:30: carriers.icrc.fleet.car.seats: a vehicle with no seats"),
    ("count: 4", "count: 501", r"carriers: 501 vehicles in all: at most 500"),
    ("name: small", "name: small\nreplications: 0", r"2:15: replications: from 1 to 1,000,000"),
    ("{value: 24, source: paper}", "{value: 24, prior: uniform 0 .. 9}", r"initial_list: give exactly one of"),
    ("days: daily, at: 09:00", "days: daily", r"carriers.icrc.plan: a plan by days .*needs `at`"),
    # time
    ("from: 2023-01-02, to: 2023-01-07", "from: 2023-01-07, to: 2023-01-02",
     r"27:70: impediments.first-week.to: `to` \(2023-01-02\) is before `from` \(2023-01-07\)"),
    ("to: 2023-03-31, utc", "to: 2022-03-31, utc", r"3:9: period: `to` \(2022-03-31\) is before `from` \(2023-01-01\)"),
    ("to: 2023-03-31, utc", "to: 2230-03-31, utc", r"period.to: .*longer than 200 years"),
    ("at: 09:00,", "at: 23:59:60,", r"plan.at: .*leap"),
    ("from: 2023-01-02,", "from: 2023-01-02 12:00Z,", r"first-week.from: .*utc_offset"),
    ("by: 2023-03-31", "by: 2023-05-31", r"33:46: observed.total.by: 2023-05-31 is outside the period"),
    ("late: {from: 2023-02-22}", "late: {from: 2022-02-22}", r"windows.late.from: 2022-02-22 is outside the period"),
    ("    2023-01-01: 3", "    2022-01-01: 3", r"10:5: need.referrals.2022-01-01: .*outside the period"),
    # names and references
    ("name: small", "name: ../../etc/x", r"1:7: name: expected a name"),
    ("name: small", "name: .", r"1:7: name: expected a name"),
    ("name: small", 'name: ""', r"1:7: name: expected a name"),
    ("name: small", 'name: "a\\nb"', r"1:7: name: expected a name.*`a\\nb`"),
    ("name: small", 'name: "a\\e[31mb"', r"1:7: name: expected a name.*`a\\u001b\[31mb`"),
    ("title: A small scenario", 'title: "A\u202esmall"', r"2:8: title: .*U\+202E.*`A\\u202esmall`"),
    ("car: {count", "Car: {count", r"18:7: carriers.icrc.fleet.Car: expected a name.*found the key `Car`"),
    ("source: paper}\n  referrals", "source: papr}\n  referrals", r"need.initial_list.source: no source `papr`; did you mean `paper`\?"),
    ("carrier: icrc, by", "carrier: icrs, by", r"observed.total.carrier: no carrier `icrs`; did you mean `icrc`\?"),
    ("at: bridge", "at: brigde", r"impediments.gate.at: no place `brigde`; did you mean `bridge`\?"),
    ("at: bridge", "at: clinic", r"impediments.gate.at: a checkpoint stands between two legs"),
    ("to: clinic", "to: bridge", r"route.legs\[1\].to: `bridge` is a place of the road already"),
    ("{group: closures}", "{group: closure}", r"remove\[0\].group: no group `closure`; did you mean `closures`\?"),
    ("{group: closures}", "{id: snow}", r"remove\[0\].id: no impediment `snow`.*conditions stay"),
    ("{group: closures}", "{kind: fuel_limit}", r"remove\[0\].kind: no impediment of the kind `fuel_limit`"),
    ("{group: closures}", "{group: closures, id: caps}", r"remove\[0\]: give exactly one of `id`, `group`, `kind`"),
    ("  snow:", "  caps:", r"31:3: conditions.caps: `caps` is an impediment already \(line 29\)"),
    ("  no-closures: {", "  actual: {", r"worlds.actual.remove: `actual` is fixed"),
    ("  few: {", "  base: {", r"variants.base: `base` is the scenario as written"),
    ("world: unimpeded", "world: unimpeed", r"headline.world: no world `unimpeed`; did you mean `unimpeded`\?"),
    ("world: unimpeded", "world: actual", r"headline: `world` and `minus` are both `actual`"),
    ("drop: [impediments.caps]", "drop: [impediments.cap]", r"variants.few.drop\[0\]: `cap` is not there.*did you mean `caps`\?"),
    ("{initial_list: 0}", "{initial_list: -1}", r"37:91: need.initial_list: .*negative.*\(in variant `few`\)"),
    ("change: {need:", "change: {title: x, need:", r"variants.few.change.title: `title` may not change here"),
    ("from: 2023-01-02, to: 2023-01-07", "from: 2023-01-02 09:00, to: 2023-01-02 09:00", r"to: `to` \(2023-01-02 09:00\) is not after `from`"),
    # lists that are short only because of what is wrong in them
    ("    - {to: bridge, length: 57 km, travel: lognormal 1.5 h ± 20 min}\n    - {to: clinic, travel: 2 h}\nimpediments:\n"
     "  first-week: {kind: closure, group: closures, from: 2023-01-02, to: 2023-01-07, source: paper}\n"
     "  gate: {kind: checkpoint, at: bridge, per_vehicle: 20 min, hours: 09:00 .. 18:00, assumed: seen}\n",
     "    - {to: clinic, travel: 2}\nimpediments:\n  first-week: {kind: closure, group: closures, from: 2023-01-02, to: 2023-01-07, source: paper}\n",
     r"route.legs\[0\].travel: .*unit missing"),
    # overrides that name nothing
    ("{initial_list: 0}}", "{initial_list: 0}, carriers: {icrs: {plan: {needs: 3}}}}",
     r"37:\d+: carriers.icrs: no carrier `icrs` to change; did you mean `icrc`\? \(a new one lacks `fleet`\) \(in variant `few`\)"),
    ("{initial_list: 0}", "{classes: {urgnt: {rank: 3}}}", r"need.classes.urgnt: no class of patients `urgnt` to change; did you mean `urgent`\?"),
    ("{initial_list: 0}}", "{initial_list: 0}, impediments: {gaet: {per_vehicle: 5 min}}}", r"no impediment `gaet` to change; did you mean `gate`\?"),
    ("{initial_list: 0}}", "{initial_list: 0}, impediments: {caps: {patients: 9}}}",
     r"impediments.caps: no impediment `caps` to change; there is `first-week` or `gate`"),
    ("{initial_list: 0}}", "{initial_list: 0}, conditions: {snwo: {to: 2023-01-10}}}", r"no condition `snwo` to change; did you mean `snow`\?"),
    ("{initial_list: 0}}", "{initial_list: 0}, observed: {totl: {about: 160}}}", r"no observed figure `totl` to change; did you mean `total`\?"),
    # what cannot be meant, and hints
    ("needs: 2", "needs: 0", r"carriers.icrc.plan.needs: at least 1.*found number `0`"),
    ("count: 4", "count: 1,5", r"18:20: carriers.icrc.fleet.car.count: the comma ends this value: .*`1.5`, or put .* in quotes; found `1`"),
    ("binomial 2 mean 0.8", "0 at 50%, 1 at 30%, 2 at 20%", r"13:47: .*urgent.companions: the comma ends this value: .*found `0 at 50%`"),
    ("days: daily", "days: weekdays mon, thu", r"plan.days: the comma ends this value"),
    ("drop: [impediments.caps]", "drop: [impediments.zz]", r"`zz` is not there to drop; there is `first-week`, `gate` or `caps`"),
    ("https://example.org/a", "javascript:alert(1)", r"sources.paper.url: .*not a well-formed address"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), ONE)
def test_one_mistake_is_one_line(old: str, new: str, said: str) -> None:
    """Choices between types make pydantic report a mistake several times, in words of its own."""
    found = errors(changed((old, new)))
    assert len(found) == 1, found
    assert re.search(said, found[0]), found[0]


def test_a_misspelt_carrier_in_what_a_world_assumes() -> None:
    """Read as a new carrier, it gives only word of keys that nobody meant to write."""
    (line,) = errors(
        changed(("[{group: closures}]", "all, assume: {carriers: {icrs: {fleet: {car: {count: 9}}}}}"))
    )
    assert "no carrier `icrs` to change; did you mean `icrc`? (a new one lacks `plan`)" in line
    assert line.endswith("(in world `no-closures`)")


def test_never_is_no_example_for_vehicles() -> None:
    for swap in (("travel: 2 h", "travel: 2"), ("per_vehicle: 20 min", "per_vehicle: 20")):
        (line,) = errors(changed(swap))
        assert "`never`" not in line
    (line,) = errors(changed(("share: 30%,", "share: 30%, withdraws: {after: 3},")))
    assert "`never`" in line


def test_all_mistakes_at_once_in_the_order_of_the_lines() -> None:
    """A reader that stops at the first mistake costs a run for each."""
    swaps = [
        ("name: small", "name: Small"), ("utc_offset: +04:00", "utc_offset: Baku"), ("    2023-01-01: 3 / day", "    2023-01-01: 3"),
        ("share: 30%", "shares: 30%"), ("seats: 3", "seats: x"), ("travel: 2 h", "travel: 2"), ("patients: 6", "patients: *a"),
        ("from: 2023-01-02, to: 2023-01-07", "from: 2023-01-07, to: 2023-01-02"), ("at: bridge", "at: brigde"),
        ("carrier: icrc, by", "carrier: icrs, by"), ("about: 150", "about: 150, value: 150"), ("{group: closures}", "{group: x}"),
        ("headline: {", "headline: {worlds: a, "),
    ]  # fmt: skip
    found = errors(changed(*swaps))
    assert len(found) == len(swaps), found
    lines = [int(line.split(":")[2]) for line in found]
    assert lines == sorted(lines)


def test_at_most_fifty_lines_and_a_count() -> None:
    found = errors("\n".join(f"key-{i}: 1" for i in range(200)) + "\n")
    assert len(found) == 51
    assert "more problems" in found[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("worlds: {" + ", ".join(f"w{i}: {{}}" for i in range(41)) + "}\n", "worlds: 41 entries: at most 40"),
        (
            "need: {classes: {" + ", ".join(f"w{i}: {{}}" for i in range(31)) + "}}\n",
            "need.classes: 31 entries",
        ),
        (
            "impediments: {" + ", ".join(f"w{i}: {{}}" for i in range(2001)) + "}\n",
            "2001 impediments and conditions",
        ),
        ("name: " + "x" * 1_000_000 + "\n", "1:1: 1000007 bytes: at most 1000000"),
    ],
)
def test_documented_sizes(text: str, said: str) -> None:
    assert said in errors(text)[0]


def test_aliases_are_never_followed() -> None:
    """Nine levels of nine aliases are 435,848,049 leaves for whoever walks them."""
    start = time.perf_counter()
    assert any("aliases are not allowed" in line for line in errors(LAUGHS))
    assert errors("a: &a [*a]\n")
    assert time.perf_counter() - start < 0.5


def test_a_megabyte_is_refused_in_about_a_second() -> None:
    """Validation is bounded: a wrong file must not keep a service busy."""
    for text in (
        "a: [" + "[], " * 240_000 + "]\n",
        "".join(f"k{i}: {{a: b, c: d}}\n" for i in range(40_000)),
    ):
        start = time.perf_counter()
        assert errors(text)
        assert time.perf_counter() - start < 5  # seconds; less than 1 on an idle core


PRINT_ERRORS = """
import sys
from sim.scenario.reading import ScenarioError, read_text
from pathlib import Path
try:
    read_text(sys.stdin.read(), Path(), "s.yaml")
except ScenarioError as error:
    print(error)
"""


def test_the_same_words_under_any_hash_seed() -> None:
    """Sets of names would be walked in an order that changes from run to run."""
    text = changed(
        ("at: bridge", "at: x"),
        ("kind: convoy_cap", "kind: x"),
        ("patients: 6", "b: 1, c: 2"),
        ("{group: closures}", "{group: x}"),
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", PRINT_ERRORS], input=text, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(said) == 1
    assert "error: s.yaml" in said.pop()


def test_files_that_cannot_be_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(ScenarioFileError, match=r"^error: "):
            read_scenario(path)
    for name, data, said in (
        ("utf16.yaml", "name: x".encode("utf-16"), "UTF-16: save the file as UTF-8"),
        ("latin.yaml", "name: x\ntitle: é\n".encode("latin-1"), ":2:8: not UTF-8 "),
        ("large.yaml", b"#" * 1_000_001, "at most 1000000"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ScenarioError, match=re.escape(said)):
            read_scenario(tmp_path / name)
