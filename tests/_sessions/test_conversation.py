"""Tests of the interface of protocols: `Conversation`."""

from __future__ import annotations

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.reader import SessionReader


def test_the_interface_reads_nothing() -> None:
    conversation = Conversation(SessionReader(AnswerOptions()))
    assert not Conversation.recognizes({"type": "session.created"})
    with pytest.raises(NotImplementedError):
        conversation.record({})
