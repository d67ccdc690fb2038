"""A gateway in front of OpenAI-compatible servers that do not parse what their models write.

    streamparse gateway --upstream http://127.0.0.1:8000

Needs the extra `gateway`: `pip install 'llm-streamparse[gateway]'`.
"""

from __future__ import annotations

from streamparse.gateway.application import gateway

__all__ = ["gateway"]
