"""Fuzzes the transport and the line decoders with any bytes.

They raise nothing, and any chunking gives the same records, failure and framing.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("transport", "check_streams", "transport")
