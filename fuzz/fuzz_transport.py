"""For any bytes: no exception; whole, byte by byte and in random pieces, as bytes and as text, a
transport gives the same records, failure and framing; so do the decoders of lines on their own.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("transport", "check_streams", "transport")
