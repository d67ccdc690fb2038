"""Encodes message events in front-end protocols, and converts the messages that pages post.

An encoder takes the events of `stream()` or `MessageParser` and returns the records to send. It
does no I/O and reads no clock, so any web framework can serve it. `from_ui_messages` and
`from_ag_ui` convert the messages that a page posts to those of a provider.
"""

from __future__ import annotations

from streamparse.frontends.ag_ui import AGUIEvents
from streamparse.frontends.compact import CompactEvents
from streamparse.frontends.data_stream import DataStream
from streamparse.frontends.page_messages import from_ag_ui, from_ui_messages
from streamparse.frontends.ui_message_stream import UIMessageStream

__all__ = [
    "AGUIEvents",
    "CompactEvents",
    "DataStream",
    "UIMessageStream",
    "from_ag_ui",
    "from_ui_messages",
]
