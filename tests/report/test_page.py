"""The page and the claims: every number is the stored one, nobody is asked, nothing hostile runs."""

import base64
import hashlib
import json
import re
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest
import yaml

from sim.analysis.sensitivity import LUCK, SAMPLES
from sim.experiment.provenance import code_hash
from sim.experiment.text_files import json_bytes
from sim.report import claims as claiming
from sim.report.charts import heights
from sim.report.difference import changes
from sim.report.marks import stored
from sim.report.numbers import rounded, span, whole_unit
from sim.report.page import page, web
from sim.report.questions import ANSWERS
from sim.report.reporting import CLAIMS, PAGE, finished, report_command, wanted, worlds_of
from sim.report.sentences import long_date, short_date
from sim.report.switching import difference_told, total_told
from sim.scenario.reading import read_text
from tests.report.conftest import SCENARIO
from tests.report.reports import Reader, documents, report_of, strings, tokens, wrong_numbers

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return report_of(SCENARIO)


@pytest.fixture(scope="module")
def html(files: dict[str, bytes]) -> str:
    return files[PAGE].decode()


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    """The same scenario with hostile texts wherever a text may stand."""
    text = SCENARIO.replace("title: A small corridor", f"title: '{HOSTILE}'")
    text = text.replace("title: A bulletin", f"title: '{HOSTILE}', note: '=cmd|calc!A1 {HOSTILE}'")
    text = text.replace("publisher: Its publisher", f"publisher: '{HOSTILE}'")
    text = text.replace("Nobody asks for permits.", f"'{HOSTILE}'").replace(
        "assumed: invented\n", f"assumed: '={HOSTILE}'\n"
    )
    return report_of(text.replace("Few waited.", f"'{HOSTILE}'"))


def test_every_number_is_the_stored_one(files: dict[str, bytes], html: str) -> None:
    """Catches: a number that was typed, rounded by another rule, or taken from another row."""
    assert wrong_numbers(html, documents(files)) == []
    assert len(Reader(html).numbers) > 150


def test_a_changed_number_is_noticed(files: dict[str, bytes], html: str) -> None:
    """The test above can fail: with a digit changed on the page, and with a value changed in a table."""
    docs = documents(files)
    found = re.search(r'(data-at="summary.json#/headline/variants/0/median"[^>]*>)([^<]*)<', html)
    changed = html.replace(found[0], f"{found[1]}99<")
    assert len(wrong_numbers(changed, docs)) >= 1
    docs["summary.json"]["headline"]["variants"][0]["median"] += 1
    assert wrong_numbers(html, docs)


def test_no_number_stands_outside_a_mark(files: dict[str, bytes], html: str) -> None:
    """What is left holds only numbers of fixed words (90 %), of dates, or of texts as they are stored."""
    docs = documents(files)
    known = tokens(" ".join([*strings(docs), page_text()]))
    known |= (
        tokens(claims_text(docs)) | dates(docs) | {"7", str(docs["timeline.json"]["history"]["replication"])}
    )
    known.add(str(docs["summary.json"]["run"]["seed"]))
    known |= tokens(code_hash()[:12])  # digits of the program's own hash
    assert tokens(" ".join(Reader(html).rest)) - known == set()


def page_text() -> str:
    """Words of the page that do not depend on a report."""
    from importlib.resources import files as resources

    folder = resources("sim.report")
    return "".join(
        (folder / name).read_text() for name in ("templates/page.html", "page_tables.py", "questions.py")
    )


def claims_text(docs: dict) -> str:
    """Claims are held against the tables by a test of their own."""
    return " ".join(strings(docs[CLAIMS]))


def dates(docs: dict) -> set[str]:
    iso = [s[:10] for s in strings(docs) if re.match(r"\d{4}-\d\d-\d\d", s)]
    return tokens(" ".join(f"{long_date(day)} {short_date(day)}" for day in iso if date.fromisoformat(day)))


def test_claims_are_the_stored_numbers(files: dict[str, bytes]) -> None:
    """Every claim names the places of its number and interval; its words hold both, rounded to its width."""
    docs = documents(files)
    data = docs[CLAIMS]
    assert data == claiming.claims(docs)
    assert {c["id"].split(" ")[0] for c in data["claims"]} >= {
        "headline",
        "headline,",
        "window",
        "group",
        "record",
    }
    for claim in data["claims"]:
        found = {k: None if p is None else stored(docs, p) for k, p in claim["places"].items()}
        interval, whole = claim["interval"], whole_unit(claim["unit"])
        assert (claim["number"], interval["low"], interval["high"]) == (
            found["number"],
            found["low"],
            found["high"],
        )
        assert interval["shown"] == span(interval["low"], interval["high"], whole)
        assert interval["kind"]
        if claim["number"] is not None:
            width = interval["high"] - interval["low"]
            assert claim["shown"] == rounded(claim["number"], width, whole)
            assert claim["shown"].lstrip("−") in claim["sentence"]
        assert claim["sentence"].startswith("Under the assumptions listed, the model gives")
        assert claim["do_not_say"]
        assert "saved" not in claim["sentence"]


def test_switches_say_and_draw_what_is_stored(files: dict[str, bytes], html: str) -> None:
    """The page's copy of the worlds is the table; lines end at the totals; no removal is no difference."""
    data = documents(files)["switches.json"]
    embedded = json.loads(re.search(r'id="switch-worlds">(.*?)</script>', html, re.S)[1])
    for variant, worlds in data["worlds"].items():
        assert len(worlds) == 2 ** len(data["groups"])
        assert worlds[0]["told"][1] == "no difference"
        for one, copy in zip(worlds, embedded["worlds"][variant], strict=True):
            assert copy == [*one["lines"], *one["told"]]
            assert one["told"] == [
                total_told(one["end"], data["unit"]),
                difference_told(one["difference"], data["unit"]),
            ]
            assert abs(heights(one["lines"][1])[-1] - one["end"]["point"]) <= 0.5
            assert len(heights(one["lines"][0])) == len(data["days"])


def test_all_removed_is_the_headline(files: dict[str, bytes]) -> None:
    """The last of the switched worlds is the headline's, in every variant."""
    docs = documents(files)
    for row in docs["summary.json"]["headline"]["variants"]:
        last = docs["switches.json"]["worlds"][row["variant"]][-1]["difference"]
        assert (last["point"], last["low"], last["high"]) == (row["median"], row["low"], row["high"])


def test_nothing_is_asked_of_anybody(html: str) -> None:
    """No element loads anything; only what the policy names by its hash runs or styles."""
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert len(html.encode()) < 2_000_000
    for tag, attributes in reader.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not {"src", "style", "action", "srcset"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#")[0] == "#" or attributes["href"].startswith(
            ("data:text/csv", "http")
        )
        if (attributes.get("href") or "").startswith("http"):
            assert "noreferrer" in attributes["rel"]
    policy = next(
        a["content"] for t, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    for kind, texts in reader.inline.items():
        (text,) = texts
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes: what a text must not change."""
    return [(tag, tuple(attributes)) for tag, attributes in Reader(html).elements]


def test_hostile_texts_change_nothing_but_text(hostile: dict[str, bytes], html: str) -> None:
    """Script in titles, notes, reasons and sentences: the same elements and attributes, no other script."""
    text = hostile[PAGE].decode()
    assert shape(text) == shape(html)
    assert "<script>alert" not in text
    assert "alert(1)" in text
    assert Reader(text).inline == Reader(html).inline
    assert wrong_numbers(text, documents(hostile)) == []


def test_a_formula_stays_text_in_tables(hostile: dict[str, bytes]) -> None:
    """A spreadsheet must not run a reason that starts with an equals sign."""
    assert b",'=" in hostile["evidence.csv"] or b",\"'=" in hostile["evidence.csv"]
    assert b",=" not in hostile["evidence.csv"]


def test_only_web_addresses_are_links(files: dict[str, bytes]) -> None:
    """A scenario file refuses other addresses; a page made of a stored file that has one writes no link."""
    ledger = json.loads(files["evidence.json"])
    for url, links in (("javascript:alert(1)", 0), ("data:text/html,x", 0), ("https://example.org/a", 1)):
        ledger["sources"]["bulletin"]["url"] = url
        text = page({**files, "evidence.json": json.dumps(ledger).encode()}).decode()
        hrefs = [a["href"] for t, a in Reader(text).elements if t == "a" and a.get("rel")]
        assert len(hrefs) == links
    assert web("JavaScript:alert(1)") is None


def test_every_question_is_answered(html: str) -> None:
    text = " ".join(Reader(html).rest)
    for question in ANSWERS:
        assert question in text
    assert html.count('class="question"') == len(ANSWERS) == 18


def test_the_page_is_made_of_the_stored_files_alone(files: dict[str, bytes]) -> None:
    """So that it can be made again from what is committed, byte by byte."""
    assert finished(files) == files


def test_what_moved_since_the_version_before_is_listed(files: dict[str, bytes]) -> None:
    """Would catch moves counted and not shown, old and new swapped, and 0 for a number that was not there."""
    docs = documents(files)
    before = deepcopy(docs)
    first = before["summary.json"]["headline"]["variants"][0]
    now = first["median"]
    first["median"] += 5
    del first["low"]
    before["facts.json"]["asked"]["version"] = "0.0-old"
    made = documents(finished({**files, "changes.json": json_bytes(changes(before, docs))}))
    html = page({**files, "changes.json": json_bytes(made["changes.json"])}).decode()
    assert wrong_numbers(html, made) == []
    answer = " ".join(re.sub("<[^>]*>", "", html.partition("Against the version before")[2]).split())
    assert answer.startswith("(0.0-old, ")
    low = docs["summary.json"]["headline"]["variants"][0]["low"]
    for name, old, new in (("median", f"{now + 5:g}", now), ("low", "–", low)):
        assert re.search(rf"variants\[base, [^]]*\]\.{name}: {old} before, {new:g} now", answer), name


@pytest.mark.parametrize(
    ("extent", "calibration", "more"),
    [
        (None, "whole-record", " --no-sensitivity"),
        ((SAMPLES, LUCK), "whole-record", ""),
        ((4, LUCK), "whole-record", f" --samples 4 --luck {LUCK}"),
        ((4, 2), None, " --prior --samples 4 --luck 2"),
    ],
)
def test_the_command_of_a_report_makes_the_same_report(
    extent: tuple[int, int] | None, calibration: str | None, more: str
) -> None:
    """Would catch a command that, pasted, runs another design, or the posteriors that were left aside."""
    file = read_text(SCENARIO, Path(), "small.yaml")
    want = wanted(file, list(file.variants), 8, "0", extent, calibration)
    assert report_command("a b.yaml", want, [], False) == f"corridor report 'a b.yaml' --replications 8{more}"
    assert report_command("s.yaml", want, ["base"], True).endswith(
        f"--variant base{more.removeprefix(' --prior')} --publish"
    )


def test_the_size_of_a_report_counts_every_part_of_it() -> None:
    """Would catch a report that is let through by the worlds of its answer alone.

    Five worlds; the four coalitions of two groups, twice (shared out, and switched); two worlds of 4 x 3 + 3
    points of 2 replications, and of the alternatives.
    """
    text = SCENARIO + "replications: 16\n"
    assumed = "headline: {world: two-vans, minus: actual, what: patients}\n"
    sizes = []
    for more, extent in ((assumed, None), ("", None), ("", (4, 2))):
        file = read_text(text + more, Path(), "small.yaml")
        sizes.append(worlds_of(wanted(file, list(file.variants), 8, "0", extent)))
    assert sizes[:2] == [5, 5 + 2 * 4]
    runs = 15 * 2 + 16 * 2
    assert sizes[2] >= sizes[1] + 2 * runs // (8 * 2)


def test_a_headline_that_assumes_has_no_attribution() -> None:
    """A world that changes a value is shared out nowhere; the page says the rest."""
    text = SCENARIO + "headline: {world: two-vans, minus: actual, what: patients}\n"
    files = report_of(text, None)
    assert "attribution.json" not in files
    assert "sensitivity.json" not in files
    assert wrong_numbers(files[PAGE].decode(), documents(files)) == []


def test_the_citation_is_that_of_the_repository(files: dict[str, bytes]) -> None:
    """CITATION.cff and the claims name the same title, authors and date."""
    cff = yaml.safe_load((Path(__file__).parents[2] / "CITATION.cff").read_text())
    assert (cff["title"], str(cff["date-released"])) == (claiming.TITLE, claiming.RELEASED)
    assert cff["authors"] == [{"name": claiming.AUTHORS}]
    assert claiming.AUTHORS in documents(files)[CLAIMS]["citation"]["bibtex"]
