# ruff: noqa: E501  (a table)
"""E and G: names that become names of files, and text that other programs might run."""

from tests.scenario.corpus.row import Legal, Row, legal, swap, whole
from tests.scenario.samples import SMALL

NAME, NOTE = "name: small", "assumed: nobody knows"


def _name(id: str, text: str, said: str = "") -> Row:
    return swap(
        id,
        NAME,
        f"name: {text}",
        r":1:7: name: expected a name of a-z, 0-9, dot, hyphen, underscore.*" + said,
    )


def _note(id: str, text: str, *warnings: str) -> Legal:
    return legal(id, (NOTE, f"assumed: {text}"), warnings=warnings)


PERSONAL = r"need.assumed: looks like personal data \({}\): take it out"

ROWS = [
    _name("E01", "../../etc/x"), _name("E01b", "/etc/passwd"), _name("E01c", ".."), _name("E01d", "."), _name("E01e", '""'),
    _name("E01f", "a/b"), _name("E01g", "a\\b"), _name("E01h", ".hidden"), _name("E01i", "-x"), _name("E01j", '"~root"'),
    _name("E02", "con", "the name of a device"), _name("E02b", "nul", "device"), _name("E02c", "com1.txt", "device"),
    _name("E02d", "CON"), _name("E02e", "a.", "end with a dot"), _name("E02f", '"a "'), _name("E02g", "a:b"), _name("E02h", '"a*b"'),
    swap("E02i", "  few:", "  nul:", r"37:3: variants.nul: .*name of a device"),
    swap("E02j", "  no-closures:", "  ..:", r"35:3: worlds.*: expected a name"),
    _name("E03", '"a\\nb"', r"`a\\nb`$"), _name("E03b", '"a\\e[31mb"', r"`a\\u001b\[31mb`$"), _name("E03c", '"a\\u202eb"', r"`a\\u202eb`$"),
    _name("E03d", '"a\\u200bb"', r"`a\\u200bb`$"), _name("E03e", "caf\u0065\u0301"), _name("E04", "x" * 65, "at most 64"),
    swap("E05", "  few:", "  Few:", r"37:3: variants.Few: expected a name"),
    swap("E06", "date: 2023-04-01", "data: ../../etc/passwd, date: 2023-04-01", r"sources.paper.data: a path inside the scenario's folder"),
    swap("E06b", "kind: closure, group: closures, from: 2023-01-02, to: 2023-01-07", "kind: closure, group: closures, table: /etc/passwd", r"first-week.table: a path inside the scenario's folder", only=False),
    swap("G02", "https://example.org/a", "javascript:alert(1)", r"sources.paper.url: .*not a well-formed address"),
    swap("G02b", "https://example.org/a", "https://user:pw@example.org/", r"sources.paper.url: .*not a well-formed address"),
    swap("G02c", "https://example.org/a", "file:///etc/passwd", r"sources.paper.url: .*not a well-formed address"),
    swap("G07b", NOTE, 'assumed: "\\t=1+1"', r"need.assumed: .*the invisible character U\+0009"),
    swap("G07c", NOTE, 'assumed: "\\r=1+1"', r"need.assumed: .*the invisible character U\+000D"),
    swap("G12", NOTE, 'assumed: "\\e[2J"', r"need.assumed: .*the invisible character U\+001B"),
    swap("G12b", NOTE, 'assumed: "a\\u202eb"', r"need.assumed: .*the invisible character U\+202E"),
    whole("G12c", SMALL.replace("  few:", "  f\x1b[31mew:"), r"37:4: control character U\+001B"),
]  # fmt: skip

LEGAL = [
    _note("G01", "<script>alert(1)</script>"),
    _note("G03", '"</script><script>alert(1)</script>"'),
    _note("G05", '"{{ 7*7 }} **bold** \\\\input{x}"'),
    _note("G07", '"=HYPERLINK(\\"http://x\\",\\"click\\")"'),
    _note("G13", "call +374 10 12 34 56", PERSONAL.format("a telephone number")),
    _note("G13b", "write to a.b@example.org", PERSONAL.format("an e-mail address")),
    _note("G13c", '"at 39.8265, 46.7656"', PERSONAL.format("coordinates")),
    _note("G13d", "card 123456789012", PERSONAL.format("the number of a document")),
    _note("G13e", "1,500 people on 2023-09-24 12:00 (https://example.org/123456789012)"),
]  # fmt: skip
