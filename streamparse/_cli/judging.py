"""JSON judged by a schema while it arrives: events, and violations in their place among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from streamparse._cli.streams import UNUSABLE, Complaint
from streamparse.errors import SchemaViolation, StreamParseError
from streamparse.json_parser import JSONParser
from streamparse.schema import SchemaValidator

__all__ = ["Judging", "described", "validator"]


def validator(file: str, coerce: bool = False) -> SchemaValidator:
    """The schema in a file, for a document that is read on after a violation."""
    try:
        return SchemaValidator(json.loads(Path(file).read_bytes()), collect=True, coerce=coerce)
    except OSError as error:
        raise Complaint(f"{file}: {error.strerror}", UNUSABLE) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise Complaint(f"{file}: {error}", UNUSABLE) from error


def described(violation: SchemaViolation) -> dict[str, Any]:
    """A violation as one line of the output."""
    return {
        "type": "violation",
        "path": list(violation.path),
        "code": violation.code,
        "message": violation.message,
        "offset": violation.offset,
        "line": violation.line,
        "column": violation.column,
        "schema_path": list(violation.schema_path),
        "closest": violation.closest,
    }


class Judging:
    """Feeds a parser whose validator gathers violations.

    A fragment with a violation in it is fed again, byte by byte, to a parser that was set aside
    before: so each violation comes before the events that the same character decides, and after
    all earlier ones.
    """

    def __init__(self, parser: JSONParser) -> None:
        self.parser = parser
        self.told = 0  # violations

    def lines(self, fragments: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """Events and violations; raises what the parser raises."""
        for fragment in fragments:
            yield from self._feed(fragment)
        events = self.parser.finish()
        yield from self._violations()
        yield from (event.to_dict() for event in events)

    def _feed(self, fragment: bytes) -> Iterator[dict[str, Any]]:
        aside = self.parser.clone()
        failure: StreamParseError | None = None
        try:
            events = self.parser.feed(fragment)
        except StreamParseError as error:
            failure, events = error, error.events
        if len(self.parser.violations) > self.told and len(fragment) > 1:
            self.parser = aside
            for at in range(len(fragment)):
                yield from self._feed(fragment[at : at + 1])
            return
        yield from self._violations()
        yield from (event.to_dict() for event in events)
        if failure is not None:
            raise failure

    def _violations(self) -> Iterator[dict[str, Any]]:
        new = self.parser.violations[self.told :]
        self.told += len(new)
        yield from map(described, new)
