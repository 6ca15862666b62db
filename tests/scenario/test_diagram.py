"""The diagram of the model, docs/model.svg, shows every kind of impediment and stands alone."""

from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

from sim.scenario.schema import AnyObstacle

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def kinds() -> list[str]:
    """Every kind of impediment that a scenario may have."""
    return [
        get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(AnyObstacle)[0])
    ]


def test_every_kind_of_impediment_acts_somewhere_in_the_diagram() -> None:
    """Catches: a kind that is added, or renamed, with a picture that does not know it; in words too."""
    root = ElementTree.parse(DOCS / "model.svg").getroot()
    labels = [text.text or "" for text in root.iter(f"{SVG}text")]
    described = root.findtext(f"{SVG}desc") or ""
    page = (DOCS / "model.md").read_text(encoding="utf-8")
    alt = page.split("![")[1].split("](model.svg)")[0]
    assert len(kinds()) > 5
    for kind in kinds():
        assert any(label.startswith(f"{kind}: ") for label in labels), kind
        assert kind in described, kind
        assert kind in alt, kind


def test_the_diagram_needs_nothing_else_and_knows_the_dark() -> None:
    """Catches: a picture that is blank without a network or a script, or black on black."""
    text = (DOCS / "model.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "href" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
