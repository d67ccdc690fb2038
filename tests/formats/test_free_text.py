"""Tests of arguments that are free text."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import Call, Format, FormatParser, FreeText, Header
from tests.formats.reading import calls_of, message_of, read

RUN = Format(
    name="run",
    calls=(
        Call(
            open=("<run ",),
            header=Header(pattern=r"(?P<name>\w+)", end=(">",), empty=("/>",)),
            payload=FreeText(key="sh"),
            close=("</run>",),
        ),
    ),
)


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ("ls -la", {"sh": "ls -la"}),
        ("\n  ls\n  pwd \n", {"sh": "ls\n  pwd"}),
        ("", {}),
        (" \n ", {}),
        ('{"depth": 2}', {"depth": 2}),
        ("{ }", {}),
        ("{a,b}", {"sh": "{a,b}"}),  # as in a shell
        ("{", {"sh": "{"}),
        ("echo </ru", {"sh": "echo </ru"}),
    ],
)
def test_the_text_is_the_value_of_the_key(written: str, arguments: Any) -> None:
    assert calls_of(RUN, f"<run it>{written}</run>") == [("it", arguments)]


def test_an_empty_tag_has_no_arguments() -> None:
    assert calls_of(RUN, "<run it/>") == [("it", {})]


def test_the_text_is_streamed() -> None:
    parser = FormatParser(RUN)
    parser.feed("<run it>tail -f ")
    assert parser.message.tool_calls[0].partial == {"sh": "tail -f"}
    parser.feed("x")
    assert parser.message.tool_calls[0].partial == {"sh": "tail -f x"}


def test_a_text_without_its_closer_is_truncated() -> None:
    [call] = message_of(RUN, "<run it>ls </ru").tool_calls
    assert (call.status, call.partial) == ("truncated", {"sh": "ls </ru"})


def test_a_call_without_arguments_or_end_is_rejected_by_the_next() -> None:
    first, second = message_of(RUN, "<run it>\n<run it>ls</run>").tool_calls
    assert (first.status, second.status) == ("rejected", "complete")


@pytest.mark.parametrize("written", ["abcdef", "  abcd ef", "abcd\n\n\nef"])
def test_the_limit_of_a_text(written: str) -> None:
    read_ = read(RUN, f"<run it>{written}</run> Done.", limits=Limits(string=4))
    [call] = read_.message.tool_calls
    assert call.status == "rejected"
    assert call.partial == {"sh": "abcd"}
    assert call.errors[0].code == "string_length"
    assert read_.message.text.strip() == "Done."
