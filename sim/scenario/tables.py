"""Closures that stand in a CSV file beside the scenario: each row becomes a closure of its own."""

from __future__ import annotations

import csv
from pathlib import Path as FilePath
from pathlib import PurePosixPath

from sim.scenario.problems import Path, Problem, problem_at
from sim.scenario.scalar import Place, Scalar, code_point, did_you_mean, is_invisible, one_of, shown
from sim.scenario.tree import Keys, copied

COLUMNS = ("id", "from", "to", "policy", "source", "note")
NEEDED = ("id", "from", "to")
LARGEST = 1_000_000  # bytes
MOST_ROWS = 2_000
MARKS = ("also", "derived", "assumed")  # which go with their own source
FROM_PARENT = ("kind", "policy", "at", "carriers", "when_removed", "title", "source", *MARKS, "note")


class Tables:
    """The tables read so far: each file is read once, and its bytes are kept for the file's hash."""

    def __init__(self, folder: FilePath, shown_folder: FilePath) -> None:
        self.folder = folder
        self.shown_folder = shown_folder
        self.contents: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self._rows: dict[str, list[Keys]] = {}

    def expanded(self, tree: Keys) -> Keys:
        """The tree with every closure that names a `table` replaced by the closures in it."""
        result = copied(tree)
        for section in ("impediments", "conditions"):
            block = result.get(section)
            if isinstance(block, Keys) and any(_table(entry) is not None for entry in block.values()):
                replaced = self._section(block, section)
                result.put(section, replaced, result.key_places[section])
        assert isinstance(result, Keys)
        return result

    def _section(self, block: Keys, section: str) -> Keys:
        result = Keys(block.place)
        taken = set(block)
        readers: dict[str, str] = {}  # table -> the entry that named it first
        for name, entry in block.items():
            table = _table(entry)
            if table is None or "from" in entry or "to" in entry:  # both: the schema refuses them together
                result.put(name, entry, block.key_places[name])
                continue
            at: Path = (section, name, "table")
            first = readers.setdefault(str(table).strip(), name)
            if first != name:
                said = f"the table of {shown(first)} already: a row is one closure"
                self.problems.append(problem_at(table.place, at, said))
                continue
            rows = self._read(table, at)
            if len(result) + len(rows) > MOST_ROWS:
                said = f"with its {len(rows)} rows there are more than {MOST_ROWS} closures"
                self.problems.append(problem_at(table.place, at, said))
                continue
            for row in rows:
                key = row["id"]
                if key in taken:
                    said = f"{shown(key)} is an id already: every row needs its own"
                    self.problems.append(problem_at(key.place, (section, name, "id"), said))
                    continue
                taken.add(str(key))
                result.put(str(key), _closure(name, entry, row), key.place)
        return result

    def _read(self, table: Scalar, path: Path) -> list[Keys]:
        text = str(table).strip()
        if text not in self._rows:
            self._rows[text] = []
            data = self._bytes(table, path)
            if data is not None:
                self.contents[text] = data
                self._rows[text] = self._parse(data, str(self.shown_folder / text))
        return self._rows[text]

    def _bytes(self, table: Scalar, path: Path) -> bytes | None:
        text = str(table).strip()
        problem = outside(text)
        if problem is None:
            file = self.folder / text
            try:
                home = self.folder.resolve()
                if not file.resolve().is_relative_to(home):
                    problem = "a table stays in the scenario's folder: this link leads out of it"
                elif file.is_dir():
                    problem = "a folder, not a CSV file"
                elif not file.is_file():
                    problem = "no such file beside the scenario"
                elif file.stat().st_size > LARGEST:
                    problem = "larger than 1 MB"
                else:
                    return file.read_bytes()
            except OSError as error:
                problem = f"cannot be read: {error.strerror or 'I/O error'}"
        self.problems.append(problem_at(table.place, path, f"{problem}; found {shown(text)}"))
        return None

    def _parse(self, data: bytes, file: str) -> list[Keys]:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            self._say(Place(file, 1, 1), "not UTF-8: save the table as UTF-8")
            return []
        odd = next((c for c in text if is_invisible(c) and c not in "\r\n"), None)
        if odd is not None:
            line = text.count("\n", 0, text.index(odd)) + 1
            said = "save as UTF-8 without BOM" if odd == "\ufeff" else "not allowed in a table"
            self._say(Place(file, line, 1), f"the invisible character {code_point(odd)}: {said}")
            return []
        return self._records(text, file)

    def _records(self, text: str, file: str) -> list[Keys]:
        lines = text.splitlines()
        header = self._cells(lines[0], Place(file, 1, 1)) if lines else []
        if header is None:
            return []
        if len(header) == 1 and ";" in header[0]:
            self._say(
                Place(file, 1, 1), f"separate with commas, not with semicolons; found {shown(header[0])}"
            )
            return []
        for column, name in enumerate(header):
            if name not in COLUMNS or name in header[:column]:
                hint = did_you_mean(name, COLUMNS)
                what = "duplicate" if name in header[:column] else "unknown"
                self._say(Place(file, 1, 1), f"{what} column {shown(name)}; allowed: {one_of(COLUMNS)}{hint}")
        missing = [name for name in NEEDED if name not in header]
        if missing:
            self._say(Place(file, 1, 1), f"missing column {one_of(missing)}; a table has {one_of(COLUMNS)}")
        if missing or set(header) - set(COLUMNS) or len(set(header)) < len(header):
            return []
        if not any(lines[1:]):
            self._say(Place(file, 1, 1), "the table has no rows")
        if len(lines) > MOST_ROWS + 1:
            self._say(Place(file, 1, 1), f"{len(lines) - 1} rows: at most {MOST_ROWS}")
            return []
        made: list[Keys] = []
        for number, line in enumerate(lines[1:], 2):
            cells = self._cells(line, Place(file, number, 1))
            row = self._row(header, cells, file, number) if cells else None
            made += [row] if row is not None else []
        return made

    def _cells(self, line: str, place: Place) -> list[str] | None:
        """The cells of one line: no cell runs over several, so that a quote left open costs one row."""
        try:
            return next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            is_open = "unexpected end" in str(error)
            said = "a quote that opens in this line is not closed" if is_open else f"not CSV: {error}"
            self._say(place, said)
            return None

    def _row(self, header: list[str], cells: list[str], file: str, line: int) -> Keys | None:
        place = Place(file, line, 1)
        if len(cells) != len(header):
            hint = "; separate with commas" if len(cells) == 1 and ";" in cells[0] else ""
            self._say(place, f"{len(cells)} cells in a row; the header has {len(header)}{hint}")
            return None
        row = Keys(place)
        column = 1
        for name, cell in zip(header, cells, strict=True):
            at = Place(file, line, column)
            column += len(cell) + 1
            if cell.strip():
                row.put(name, Scalar(cell.strip(), False, at), at)
            elif name in NEEDED:
                self._say(at, f"the cell of `{name}` is empty")
        return row if all(name in row for name in NEEDED) else None

    def _say(self, place: Place, message: str) -> None:
        self.problems.append(problem_at(place, (), message))


def outside(text: str) -> str | None:
    """Why this is no path of a file beside the scenario; None if it may be one."""
    path = PurePosixPath(text)
    if "\\" in text or "\0" in text or ":" in text:
        return "a path with forward slashes, beside the scenario"
    if path.is_absolute() or ".." in path.parts or text.startswith("~") or text in ("", "."):
        return "a path inside the scenario's folder: not absolute, no `..`"
    return None


def _table(entry: object) -> Scalar | None:
    if not isinstance(entry, Keys) or entry.get("kind") != "closure":
        return None
    table = entry.get("table")
    return table if isinstance(table, Scalar) and table.strip() else None


def _closure(name: str, parent: Keys, row: Keys) -> Keys:
    """A row as a closure: its own cells first, then what the entry that named the table says."""
    closure = Keys(row.place)
    own_mark = "source" in row
    for key, value in parent.items():
        inherits = key in FROM_PARENT and not (own_mark and key in MARKS)
        if key not in ("table", "group") and (inherits or key not in FROM_PARENT):
            closure.put(key, copied(value), parent.key_places[key])
    group = parent.get("group", Scalar(name, False, parent.place))
    closure.put("group", group, row.place)
    for key, value in row.items():
        if key != "id":
            closure.put(key, value, row.key_places[key])
    return closure
