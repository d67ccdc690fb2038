"""Pydantic models and other types that pydantic knows, filled while their JSON arrives.

Needs the extra `pydantic`. Import from here; the modules of this package are private.
"""

from __future__ import annotations

from streamparse.models.parser import ModelParser, NotBefore, WhenComplete
from streamparse.models.validator import ModelValidator

__all__ = ["ModelParser", "ModelValidator", "NotBefore", "WhenComplete"]
