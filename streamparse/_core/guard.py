"""A validator beside a builder that goes on building what the validator has refused.

A chain stops where its validator raises. The arguments of a tool call do not: the call is rejected
at the refused character, and what the model goes on to say is still worth reading.
"""

from __future__ import annotations

from typing import Any

from streamparse._core.builder import Builder
from streamparse._core.sink import Sink, Validator
from streamparse.errors import StreamParseError


class Guard(Sink):
    """Judges, then builds; after a refusal it only builds, and says nothing of it.

    `judge` None: nothing was ever allowed, so that all is built in silence.
    """

    def __init__(self, judge: Validator | None, builder: Builder) -> None:
        super().__init__()
        self.precise = judge is not None
        self.judge = judge
        self.builder = builder
        #: What the validator raised.
        self.refusal: StreamParseError | None = None
        #: What the validator made of the whole value.
        self.parsed: object = None
        #: Where the events go that nobody is to see.
        self.unseen: list[Any] = []

    def silence(self) -> None:
        """From now on events of the builder go nowhere; what there is of them is dropped."""
        self.judge = None
        self.unseen.clear()
        self.builder.events = self.unseen

    def _refuse(self, error: StreamParseError) -> None:
        self.refusal = error
        self.silence()

    # Sink calls.

    def start_object(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.start_object(offset)
                judge.wants_whole = False
            except StreamParseError as error:
                self._refuse(error)
        self.builder.start_object(offset)

    def start_array(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.start_array(offset)
                judge.wants_whole = False
            except StreamParseError as error:
                self._refuse(error)
        self.builder.start_array(offset)

    def start_string(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.start_string(offset)
                judge.wants_whole = False
            except StreamParseError as error:
                self._refuse(error)
        self.builder.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.start_scalar(kind, offset)
                judge.wants_whole = False
            except StreamParseError as error:
                self._refuse(error)

    def start_key(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.start_key(offset)
            except StreamParseError as error:
                self._refuse(error)
        self.builder.start_key(offset)

    def key_text(self, text: str, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.key_text(text, offset)
            except StreamParseError as error:
                self._refuse(error)
        self.builder.key_text(text, offset)

    def end_key(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            judge.built = self.builder.key
            try:
                judge.end_key(offset)
            except StreamParseError as error:
                self._refuse(error)
            judge.built = None
        self.builder.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.text(text, offset)
            except StreamParseError as error:
                accepted = error.offset - offset
                if accepted > 0:
                    self.builder.text(text[:accepted], offset)
                    text = text[accepted:]
                self._refuse(error)
        self.builder.text(text, offset)

    def end_string(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            judge.built = self.builder.innermost()
            try:
                judge.end_string(offset)
            except StreamParseError as error:
                self._refuse(error)
            judge.built = None
            self.parsed = judge.parsed
        self.builder.end_string(offset)

    def scalar(self, value: object, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            try:
                judge.scalar(value, offset)
            except StreamParseError as error:
                self._refuse(error)
            self.parsed = judge.parsed
        self.builder.scalar(value, offset)

    def end(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            judge.built = self.builder.innermost()
            try:
                judge.end(offset)
            except StreamParseError as error:
                self._refuse(error)
            judge.built = None
            self.parsed = judge.parsed
        self.builder.end(offset)
