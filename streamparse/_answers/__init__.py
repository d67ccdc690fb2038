"""An answer while it is read: its text, tool calls, output and status."""
