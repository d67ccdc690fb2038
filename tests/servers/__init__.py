"""Servers that others wrote, started on a loopback port, read by our parser and SDK clients."""
