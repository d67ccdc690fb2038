"""Validates JSON by a schema while it arrives; violations come in their place among the events."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from streamparse._cli.streams import UNUSABLE, Complaint
from streamparse.errors import SchemaViolation, StreamParseError
from streamparse.json_parser import JSONParser
from streamparse.schema import SchemaValidator

__all__ = ["Validating", "described", "validator"]


def validator(file: str, coerce: bool = False) -> SchemaValidator:
    """Return the validator of a schema in a file; it collects violations and reads on."""
    try:
        return SchemaValidator(json.loads(Path(file).read_bytes()), collect=True, coerce=coerce)
    except OSError as error:
        raise Complaint(f"{file}: {error.strerror}", UNUSABLE) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise Complaint(f"{file}: {error}", UNUSABLE) from error


def described(violation: SchemaViolation) -> dict[str, Any]:
    """Return a violation as plain data for a line of the output."""
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


_CHARACTER: Final = re.compile(rb"[^\x80-\xbf]")  # its first byte, in UTF-8


def _parts(fragment: bytes, characters: set[int]) -> list[bytes]:
    """Cut a fragment before and after each of these characters, by their places in it.

    A character that began in the fragment before has the place -1.
    """
    starts = [match.start() for match in _CHARACTER.finditer(fragment)]
    cuts = {0, len(fragment)}
    for place in characters:
        for number in (place, place + 1):
            if 0 <= number < len(starts):
                cuts.add(starts[number])
    places = sorted(cuts)
    return [fragment[start:end] for start, end in itertools.pairwise(places)]


class Validating:
    """Feeds a parser whose validator collects violations.

    A violation comes before the events that the same character decides, and after all earlier ones.
    So a fragment with violations is fed again, to a copy of the parser, in parts that begin and end
    at those characters.
    """

    def __init__(self, parser: JSONParser) -> None:
        self.parser = parser
        self.reported = 0  # violations
        self._started = 0  # characters that began in earlier fragments

    def lines(self, fragments: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """Yield events and violations. Raises what the parser raises."""
        for fragment in fragments:
            yield from self._feed(fragment)
        events = self.parser.finish()
        yield from self._violations()
        yield from (event.to_dict() for event in events)

    def _feed(self, fragment: bytes) -> Iterator[dict[str, Any]]:
        aside = self.parser.clone()
        events, failure = self._fed(fragment)
        new = self.parser.violations[self.reported :]
        parts = _parts(fragment, {each.offset - self._started for each in new}) if new else []
        self._started += sum(1 for _ in _CHARACTER.finditer(fragment))
        if len(parts) <= 1:
            yield from self._shown(events, failure)
            return
        self.parser = aside
        for part in parts:
            yield from self._shown(*self._fed(part))

    def _fed(self, part: bytes) -> tuple[list[Any], StreamParseError | None]:
        try:
            return self.parser.feed(part), None
        except StreamParseError as error:
            return error.events, error

    def _shown(
        self, events: list[Any], failure: StreamParseError | None
    ) -> Iterator[dict[str, Any]]:
        yield from self._violations()
        yield from (event.to_dict() for event in events)
        if failure is not None:
            raise failure

    def _violations(self) -> Iterator[dict[str, Any]]:
        new = self.parser.violations[self.reported :]
        self.reported += len(new)
        yield from map(described, new)
