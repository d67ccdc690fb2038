"""Wraps the clients of SDKs, so that their streaming calls return streams of streamparse."""
