"""Serves the page of `streamparse demo` (extras `web` and `schema`); see `application`."""

from __future__ import annotations
