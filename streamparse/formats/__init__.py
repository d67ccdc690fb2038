"""Raw-text tool-call formats: what open models write when no server has parsed it for you."""

from streamparse.formats.detect import detect
from streamparse.formats.parser import FormatParser, TextReading
from streamparse.formats.registry import get, names
from streamparse.formats.response_templates import from_response_template
from streamparse.formats.structural_tags import from_structural_tag
from streamparse.formats.table import (
    Call,
    Channels,
    Elements,
    Format,
    FreeText,
    Header,
    JsonArguments,
    JsonCall,
    Literals,
    Parameters,
    Reasoning,
    Section,
)

__all__ = [
    "Call",
    "Channels",
    "Elements",
    "Format",
    "FormatParser",
    "FreeText",
    "Header",
    "JsonArguments",
    "JsonCall",
    "Literals",
    "Parameters",
    "Reasoning",
    "Section",
    "TextReading",
    "detect",
    "from_response_template",
    "from_structural_tag",
    "get",
    "names",
]
