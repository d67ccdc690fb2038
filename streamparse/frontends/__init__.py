"""Message events in the words that front ends already speak.

Encoders push: give them the events of `stream()` or `MessageParser`, send what they return. They
do no I/O and read no clock; any web framework can serve them.
"""

from __future__ import annotations

from streamparse.frontends.ag_ui import AGUIEvents
from streamparse.frontends.ui_message_stream import UIMessageStream

__all__ = ["AGUIEvents", "UIMessageStream"]
