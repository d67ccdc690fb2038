"""Encoders from message events to the protocols that front ends understand.

An encoder takes the events of `stream()` or `MessageParser` and returns the records to send. It
does no I/O and reads no clock, so any web framework can serve it.
"""

from __future__ import annotations

from streamparse.frontends.ag_ui import AGUIEvents
from streamparse.frontends.compact import CompactEvents
from streamparse.frontends.ui_message_stream import UIMessageStream

__all__ = ["AGUIEvents", "CompactEvents", "UIMessageStream"]
