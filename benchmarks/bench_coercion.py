"""How libraries convert values of the right content but the wrong type.

The rows are those of the table in `docs/coercion.md`. json_repair gets a JSON Schema, and BAML a
class in its own language with the same member, which is compiled here; no model is called.

    python -m benchmarks.bench_coercion
"""

from __future__ import annotations

import enum
import importlib.util
import json
from collections.abc import Callable
from tempfile import gettempdir
from types import ModuleType
from typing import Any, Final

from benchmarks.timing import table
from streamparse import JSONParser, StreamParseError
from streamparse.schema import SchemaValidator

UNITS: Final = ("Celsius", "Kelvin")
# The JSON Schema of a member, its type in BAML and in Python, and texts of the member.
ROWS: Final[list[tuple[dict[str, Any], str, Any, list[str]]]] = [
    ({"type": "array", "items": {"type": "integer"}}, "int[]", list[int], ['"[1, 2]"']),
    ({"type": "integer"}, "int", int, ['"3"', '"12.5"']),
    ({"type": "string"}, "string", str, ["1.50", "true"]),
    ({"type": "array", "items": {"type": "string"}}, "string[]", list[str], ['"new"']),
    (
        {"enum": list(UNITS)},
        "Unit",
        enum.Enum("Unit", {word: word for word in UNITS}),
        ['"kelvin"'],
    ),
]
BAML: Final = """
client<llm> Nobody {
  provider openai
  options {
    model "none"
    api_key "none"
  }
}
enum Unit {
  Celsius
  Kelvin
}
class Answer {
  v %s
}
function Read(text: string) -> Answer {
  client Nobody
  prompt #"{{ text }}"#
}
"""

Read = Callable[[str], Any]


def streamparse(schema: Any, baml: str, kind: Any) -> Read:
    def read(text: str) -> Any:
        validator = SchemaValidator({"properties": {"v": schema}}, coerce=True)
        parser = JSONParser(validator=validator)
        parser.feed(text)
        parser.finish()
        return parser.value["v"]

    return read


def json_repair(schema: Any, baml: str, kind: Any) -> Read:
    from json_repair import loads

    given = {"type": "object", "properties": {"v": schema}, "required": ["v"]}

    def read(text: str) -> Any:
        found: Any = loads(text, schema=given)
        return found["v"]

    return read


def baml(schema: Any, baml: str, kind: Any) -> Read:
    import baml_py
    from pydantic import create_model

    types: Any = ModuleType("types")
    types.Answer = create_model("Answer", v=(kind, ...))
    types.Unit = kind
    runtime = baml_py.BamlRuntime.from_files(gettempdir(), {"main.baml": BAML % baml}, {})
    context = runtime.create_context_manager()

    def read(text: str) -> Any:
        modules = (types, types, types)
        answer = runtime.parse_llm_response("Read", text, *modules, False, context, None, None, {})
        found = answer.v
        return found.value if isinstance(found, enum.Enum) else found

    return read


def result(read: Read, text: str) -> str:
    try:
        return json.dumps(read(text))
    except StreamParseError:
        return "refused"
    except Exception:  # Libraries raise various exceptions.
        return "refused"


def rows() -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table."""
    readers: dict[str, Callable[[Any, str, Any], Read]] = {"streamparse": streamparse}
    for name, package, make in (
        ("json_repair", "json_repair", json_repair),
        ("BAML", "baml_py", baml),
    ):
        if importlib.util.find_spec(package) is None:
            print(f"{name} is not installed.\n")
        else:
            readers[name] = make
    out: list[list[str]] = []
    for schema, written, kind, texts in ROWS:
        made = [make(schema, written, kind) for make in readers.values()]
        for text in texts:
            results = [result(read, f'{{"v": {text}}}') for read in made]
            out.append([f"`{text}` for {written}", *results])
    return ["", *readers], out


def main() -> None:
    print(table(*rows()))


if __name__ == "__main__":
    main()
