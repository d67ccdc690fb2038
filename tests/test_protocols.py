"""Tests of the interfaces that users implement."""

from __future__ import annotations

import pytest

from streamparse import JSONParser, SchemaViolation
from streamparse.protocols import EventStore, Sink, Validator, ValidatorFactory


class Longest(Validator):
    """Rejects strings of more than two characters."""

    def __init__(self) -> None:
        super().__init__()
        self.length = 0

    def start_string(self, offset: int) -> None:
        self.length = 0

    def text(self, text: str, offset: int) -> None:
        self.length += len(text)
        if self.length > 2:
            place = offset + len(text) - (self.length - 2)
            raise SchemaViolation("too long", code="maxLength", offset=place)


class Longests(ValidatorFactory):
    def begin(self) -> Validator:
        return Longest()


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_validator_of_a_user(size: int) -> None:
    parser = JSONParser(validator=Longests())
    text = '["ab", "abc"]'

    def feed_all() -> None:
        for at in range(0, len(text), size):
            parser.feed(text[at : at + size])

    with pytest.raises(SchemaViolation) as refused:
        feed_all()
    assert refused.value.offset == text.index("c", 8)
    assert parser.value == ["ab", "ab"]


def test_a_validator_is_a_sink() -> None:
    assert issubclass(Validator, Sink)


def test_the_store_in_memory_is_an_event_store() -> None:
    web = pytest.importorskip("streamparse.web", reason="needs the extra web")
    assert web.EventStore is EventStore
    store: EventStore = web.MemoryStore()
    assert all(
        callable(getattr(store, name)) for name in ("append", "read", "leave", "stop", "abandoned")
    )
