# ruff: noqa: E501  (a table)
"""A: syntax, encoding, size."""

from tests.scenario.corpus.row import Legal, legal, swap, whole
from tests.scenario.samples import SMALL, changed

TITLE, NAME, SEATS = "title: A small scenario", "name: small", "seats: 3"
LEVELS = 'a: &a ["l", "l", "l", "l", "l", "l", "l", "l", "l"]\n' + "".join(
    f"{c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
MANY = "".join(f"  c{i}: {{kind: closure, from: 2023-01-02, to: 2023-01-07}}\n" for i in range(1_990))
WORLDS = "".join(
    f"  w{i}: {{remove: all, assume: {{carriers: {{icrc: {{plan: {{needs: 3}}}}}}}}}}\n" for i in range(38)
)
PAPERS = "".join(f"  somepaper{i}: {{title: x, publisher: y}}\n" for i in range(1_000))

ROWS = [
    whole("A01", "", r":1:1: the scenario is empty$"),
    whole("A01b", " \n\n", r":1:1: the scenario is empty$"),
    whole("A02", "# a comment\n# and another\n", r":1:1: the scenario is empty$"),
    whole("A02b", "---\n...\n", r":1:1: the scenario is empty$"),
    whole("A02c", "null\n", r":1:1: the scenario is empty$"),
    whole("A03", "- 1\n", r":1:1: expected a mapping at top level .*found a list"),
    whole("A03b", "42\n", r":1:1: expected a mapping at top level .*found text `42`"),
    whole("A03c", "'name: x'\n", r":1:1: expected a mapping at top level"),
    whole("A04", SMALL + "---\n" + SMALL, r":41:1: one document a file"),
    whole("A04b", SMALL + "...\nname: x\n", r":42:1: not YAML: "),
    whole("A05", "a:\n\tb: 1\n", r":2:1: a tab is used for indentation, line 2: use spaces$"),
    swap("A05b", SEATS, "seats:\t3", r":18:29: a tab is in the text: use spaces$"),
    whole("A06", SMALL + "name: other\n", r":41:1: name: duplicate key `name`: it stands in line 1 already"),
    swap("A06b", NAME, "name: small\n'name': other", r":2:1: name: duplicate key `name`"),
    swap("A07", "seats: 3,", "seats: 3, seats: 4,", r":18:33: .*car.seats: duplicate key `seats`"),
    swap("A07b", "group: closures, from", "group: closures, group: x, from", r"first-week.group: duplicate key `group`"),
    swap("A07c", "\nobserved:", "\n  snow: {kind: closure}\nobserved:", r":32:3: conditions.snow: duplicate key"),
    swap("A08", "headline: {", "<<: {name: other}\nheadline: {", r":40:1: merge keys \(`<<`\) are not allowed"),
    swap("A08b", "patients: 6", "<<: *caps, patients: 6", r":29:28: .*merge keys", r":29:32: .*aliases are not allowed"),
    swap("A09", NAME, 'name: !!python/object/apply:os.system ["true"]', r":1:7: name: tags are not allowed: remove `!!python/object/apply:os.system`$"),
    swap("A10", SEATS, "seats: !!float 3", r"seats: tags are not allowed: remove `!!float`"),
    swap("A10b", SEATS, "seats: !mine 3", r"seats: tags are not allowed: remove `!mine`"),
    swap("A10c", TITLE, "title: !!binary aGVsbG8=", r":2:8: title: tags are not allowed: remove `!!binary`"),
    whole("A11", LEVELS, r":1:1: ", only=False),
    swap("A12", SEATS, "seats: &s 3", r"seats: anchors are not allowed: remove `&s`"),
    swap("A12b", "patients: 6", "patients: *six", r"caps.patients: aliases are not allowed: .*`\*six`"),
    whole("A13", "&a a: *a\n", r":1:1: anchors are not allowed", r":1:7: a: aliases are not allowed"),
    whole("A14", SMALL.replace(NAME, "? {a: b}\n: c\nname: small"), r":1:3: keys must be text, not a list or a block"),
    whole("A15", "a: " + "[" * 500 + "]" * 500 + "\n", r"nested deeper than 20$"),
    whole("A15b", "".join(" " * i + "a:\n" for i in range(500)), r":21:21: .*nested deeper than 20$"),
    whole("A15c", "a: " + "{" * 100_000, r"keys must be text", only=False),
    whole("A16", "- " * 200_000, r":1:41: .*nested deeper than 20$"),
    swap("A17", SEATS, "seats: " + "9" * 5_000, r"seats: expected a whole number.*5000 characters, at most 2000; found number `9{80}…`$"),
    swap("A17b", SEATS, "seats: 0x" + "f" * 1_900, r"seats: expected a whole number"),
    swap("A17c", SEATS, "seats: 1e999999999", r"seats: .*no exponents"),
    whole("A18", SMALL.replace("A small", "Café").encode("latin-1"), r":2:11: not UTF-8 \(byte 0xe9\): save the file as UTF-8"),
    whole("A19", SMALL.encode("utf-16"), r":1:1: UTF-16: save the file as UTF-8"),
    whole("A19b", SMALL.encode("utf-16-be"), r":\d+:\d+: not UTF-8|:1:1: control character U\+0000", only=False),
    whole("A20", b"\xef\xbb\xbf" + SMALL.encode(), r":1:1: a byte order mark \(U\+FEFF\): save the file as UTF-8 without BOM"),
    swap("A21", NAME, "name: small\n\ufeffseats: 3", r":2:1: invisible character U\+FEFF: remove it"),
    swap("A21b", NAME, "name: small\nse\u200bed: 3", r":2:1: se\\u200bed: unknown key `se\\u200bed`; did you mean `seed`\?"),
    swap("A21c", NAME, "name: small\nseed\xa0: 3", r":2:1: spaces around a key: write `seed`, not `seed\\u00a0`"),
    swap("A21d", SEATS, "seats: 3\u200b", r"seats: .*the invisible character U\+200B is part of it"),
    swap("A21e", SEATS, "seats: 3\xa0", r"seats: .*the invisible character U\+00A0 is part of it"),
    whole("A22", SMALL.replace("\n", "\r"), *[r"control character U\+000D: remove it"] * 40),
    swap("A23", TITLE, "title: A \x01 small", r":2:10: control character U\+0001: remove it"),
    swap("A23b", TITLE, "title: A \0 small", r":2:10: control character U\+0000: remove it"),
    swap("A23c", TITLE, 'title: "A \\0 small"', r"title: .*the invisible character U\+0000"),
    swap("A23d", TITLE, 'title: "A \\ud800 small"', r":2:13: not YAML: "),
    swap("A24", TITLE, 'title: "\\tA"', r"title: .*the invisible character U\+0009"),
    swap("A25", SEATS, "seats: “5”", r"seats: .*U\+201C"),
    swap("A26", NAME, "name small", r":2:6: not YAML: "),
    swap("A26b", NAME, "name:small", r":2:6: not YAML: "),
    swap("A27", TITLE, "title: Gate: north", r":2:12: not YAML: mapping values.*needs quotes"),
    swap("A28", TITLE, 'title: "A small', r":40:1: not YAML: "),
    swap("A28b", "remove: [{group: closures}]", "remove: [{group: closures}", r":35:43: not YAML: "),
    swap("A28c", TITLE, "title: @small", r":2:8: not YAML: .*needs quotes"),
    swap("A28d", TITLE, " title: A small scenario", r":2:7: not YAML: "),
    # sizes: R6 holds for each of them
    whole("A29", "#" * 1_000_001, r":1:1: 1000001 bytes: at most 1000000 \(1 MB\)$"),
    whole("A29b", "a: [" + "[], " * 240_000 + "]\n", r"too many keys and values: reading stops here"),
    whole("A29c", "# \x01\n" * 200_000, r":1:3: control character", only=False),
    whole("A29d", SMALL + "".join(f"key{i}: 1\n" for i in range(25_000)), r":1:1: 25014 entries: at most 4000$"),
    whole("A29e", changed(("impediments:\n", "impediments:\n" + MANY), ("worlds:\n", "worlds:\n" + WORLDS)), r"worlds: 2 variants of 38 .*: 78 readings of \d+ keys and values are more than 100000"),
    whole("A29f", changed(("sources:\n", "sources:\n" + PAPERS), ("source: paper}\n  gate", "source: paper, also: [" + ", ".join(f"somepapr{i}" for i in range(3_900)) + "]}\n  gate")), r"also\[0\]: no source `somepapr0`; did you mean `somepaper0`\?", only=False),
    swap("A29g", "drop: [impediments.caps]", "drop: [" + ".".join("a" * 200_000) + "]", r"few.drop\[0\]: `a` is not there to drop", only=False),
]  # fmt: skip

LEGAL = [
    Legal("A04c", b"---\n" + SMALL.encode() + b"...\n"),
    Legal("A22b", SMALL.replace("\n", "\r\n").encode()),
    legal("A27b", (TITLE, 'title: "Gate: north"')),
    legal("A27c", (TITLE, "title: 45\xa0km to the gate")),
    Legal("A29h", SMALL.encode() + b"# x\n" * 240_000),
]
