"""The schema of a scenario file for editors: made from the models, so that it cannot fall behind.

``python -m sim.scenario.json_schema > docs/scenario.schema.json``
"""

from __future__ import annotations

import json
import sys
from typing import Any

from sim.scenario.schema import DelayFact, Fact, HeadsFact, Marked, PassageFact, Scenario

ADDRESS = "https://json-schema.org/draft/2020-12/schema"


def scenario_json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a file, keys as written; a fact is plain text or a block."""
    schema = Scenario.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    facts: list[type[Marked]] = [*Fact.__subclasses__(), DelayFact, PassageFact, HeadsFact]
    for fact in facts:
        block = definitions[fact.__name__]
        plain = _plain(block["properties"]["value"])
        about = block.pop("description", "")
        definitions[fact.__name__] = {"description": about, "anyOf": [plain, block]}
    return {"$schema": ADDRESS, **tidied(schema)}


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """The type of a fact's value, without the `null` that stands for a missing one."""
    options = [o for o in value.get("anyOf", [value]) if o.get("type") != "null"]
    plain = {key: item for key, item in options[0].items() if key not in ("default", "title")}
    return {"description": value.get("description", ""), **plain}


def tidied(node: Any) -> Any:
    """No `null`s and no titles made from field names: in a file a value is written or its key left out."""
    if isinstance(node, list):
        return [tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: tidied(item) for key, item in node.items() if not (key == "title" and isinstance(item, str))}
    options = made.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [o for o in options if o != {"type": "null"}]
        if len(rest) == 1:
            del made["anyOf"]
            made = {**rest[0], **made}
        else:
            made["anyOf"] = rest
    if "default" in made and made["default"] is None:
        del made["default"]
    return made


def text_of(schema: dict[str, Any]) -> str:
    """The schema as the committed file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text_of(scenario_json_schema()))
