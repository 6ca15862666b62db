"""The starting file that `corridor init` writes."""

from __future__ import annotations

from importlib import resources

from sim.scenario.quantities import Name

SCHEMA_PATH = "./scenario.schema.json"


def starting_file(name: str, schema: str = SCHEMA_PATH) -> str:
    """A commented scenario under this name that reads without errors.

    schema : where an editor finds the JSON Schema, from the folder of the file
    Raises ValueError if the name is not one that a scenario may have.
    """
    written = Name.__metadata__[0]  # type: ignore[attr-defined]
    written.read(name)
    if not schema.isprintable():
        raise ValueError("the path of the schema is not printable text")
    text = resources.files("sim.scenario").joinpath("template.yaml").read_text(encoding="utf-8")
    text = text.replace(f"$schema={SCHEMA_PATH}", f"$schema={schema}", 1)
    return text.replace("name: my-corridor", f"name: {_as_text(name)}", 1)


def _as_text(name: str) -> str:
    return f'"{name}"' if name in ("null", "~") else name
