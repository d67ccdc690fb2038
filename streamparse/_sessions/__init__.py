"""Sessions: several answers over one connection, and which of them a message belongs to."""
