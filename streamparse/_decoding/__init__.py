"""From bytes and text to decoded records: framings, their decoders, and SDK objects."""
