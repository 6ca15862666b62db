"""The page in a browser: it asks nobody, switches switch, keys are enough, axe finds nothing serious."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.report.reporting import PAGE
from tests.report.browser import browser, missing
from tests.report.conftest import SCENARIO
from tests.report.reports import documents, report_of

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.xdist_group("browser"),
]
SERIOUS = ("serious", "critical")
VIEWS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return report_of(SCENARIO)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


@pytest.fixture
def seen(
    chromium: Any, files: dict[str, bytes], tmp_path: Path
) -> Iterator[tuple[Any, list[str], list[str]]]:
    """The page opened from a file, with what it asked for and what it complained of."""
    place = tmp_path / PAGE
    place.write_bytes(files[PAGE])
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(place.as_uri())
    yield page, asked, said
    page.close()


def test_it_asks_nobody_and_complains_of_nothing(seen: tuple[Any, list[str], list[str]]) -> None:
    """One request, the file itself; no message of the console, so no part is stopped by its own policy."""
    page, asked, said = seen
    page.locator("#switch-all").click()
    for summary in page.locator("summary").all():
        summary.click()
    assert len(asked) == 1
    assert asked[0].startswith("file://")
    assert said == []


def test_the_policy_stops_a_script_that_is_not_ours(seen: tuple[Any, list[str], list[str]]) -> None:
    """The policy itself: a script put in by hand does not run."""
    page, _, said = seen
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in said)


def test_switches_show_the_stored_worlds(
    seen: tuple[Any, list[str], list[str]], files: dict[str, bytes]
) -> None:
    """Every combination of switches and every variant: the numbers are those of the table, and lines move."""
    page, _, _ = seen
    data = documents(files)["switches.json"]
    boxes = page.locator("#switches input[type=checkbox]")
    assert boxes.count() == len(data["groups"])
    drawn = set()
    for variant, worlds in data["worlds"].items():
        page.locator("#switch-variant").select_option(variant)
        for mask, one in enumerate(worlds):
            for g in range(len(data["groups"])):
                boxes.nth(g).set_checked(bool(mask >> g & 1))
            assert page.locator("#switch-total").inner_text() == one["told"][0]
            assert page.locator("#switch-difference").inner_text() == one["told"][1]
            assert page.locator("#switch-actual").inner_text() == worlds[0]["told"][0]
            drawn.add(page.locator("#switch-world-line polyline").get_attribute("points"))
    assert len(drawn) > len(data["groups"])


def test_keys_are_enough(seen: tuple[Any, list[str], list[str]], files: dict[str, bytes]) -> None:
    """Tab reaches a switch, Space works it, and what has the focus can be seen to have it."""
    page, _, _ = seen
    data = documents(files)["switches.json"]
    reached = set()
    for _step in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + (document.activeElement.type || '')"))
        if page.evaluate("document.activeElement.type") == "checkbox":
            break
    assert "A" in reached
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Space")
    assert page.locator("#switch-total").inner_text() == data["worlds"]["base"][1]["told"][0]


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_axe_finds_nothing_serious(
    chromium: Any, files: dict[str, bytes], tmp_path: Path, width: int, scheme: str
) -> None:
    """Contrast, names, order of headings, tables: at both widths, light and dark, everything unfolded."""
    from axe_playwright_python.sync_playwright import Axe

    (tmp_path / PAGE).write_bytes(files[PAGE])
    # axe is put into the page by the test, which the page's own policy would refuse
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto((tmp_path / PAGE).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = Axe().run(page).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found if v["impact"] in SERIOUS] == []
    assert wide <= 0, "the page itself scrolls sideways"
