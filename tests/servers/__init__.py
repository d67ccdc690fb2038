"""Tests with servers of other projects on a loopback port, read by our parser and by SDKs."""
