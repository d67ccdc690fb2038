"""Tests of `Conversation`, the interface of the protocols of sessions."""

from __future__ import annotations

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.reader import SessionReader


def test_the_base_class_is_abstract() -> None:
    conversation = Conversation(SessionReader(AnswerOptions()))
    assert not Conversation.recognizes({"type": "session.created"})
    with pytest.raises(NotImplementedError):
        conversation.record({})
