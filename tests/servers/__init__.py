"""Servers that others wrote, started on a loopback port and read by our parser and by SDK clients."""
