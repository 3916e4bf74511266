"""Media types of bodies: the Python type in which a body of each type is sent and returned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from codegen.errors import UnsupportedError

__all__ = ["JSON", "Kind", "chosen_media", "kind_of", "type_of"]

JSON = "application/json"

Kind = Literal["json", "form", "multipart", "text", "bytes"]

_FORMS: Mapping[str, Kind] = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}
_TEXTS = frozenset(
    {
        *("application/graphql", "application/javascript", "application/jsonl", "application/jwt", "application/toml"),
        *("application/x-ndjson", "application/x-yaml", "application/xml", "application/yaml"),
    }
)
_EVENTS = "text/event-stream"

# RFC 9110, sections 5.6.2 and 8.3.1. The text becomes a header.
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|\"[ !#-\[\]-~]*\"))*")


def type_of(media: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media.partition(";")[0].strip().lower()


def kind_of(media: str, schema: Mapping[str, Any]) -> Kind:
    """Return what a body is in Python.

    Args:
        media: The media type, or a range such as ``*/*``.
        schema: The schema of the body; a binary string is bytes, whatever its media type is.
    """
    plain = type_of(media)
    if plain in _FORMS:
        return _FORMS[plain]
    if schema.get("type") == "string" and schema.get("format") == "binary":
        return "bytes"
    # Servers that declare a range send JSON, unless the schema says otherwise.
    if plain in {JSON, "*/*", "application/*"} or plain.endswith("+json"):
        return "json"
    return "text" if plain.startswith("text/") or plain.endswith(("+xml", "+yaml")) or plain in _TEXTS else "bytes"


def chosen_media(content: Mapping[str, Any]) -> str | None:
    """Return the media type to use of a body that is described in several: JSON, or else the first; None if there is none.

    Raises:
        UnsupportedError: The type is not a media type, or is a stream of events, which has no end.
    """
    ranks = {media: (type_of(media) != JSON, not type_of(media).endswith("+json")) for media in content}
    media = min(ranks, key=lambda name: ranks[name], default=None)
    if media is None:
        return None
    if not _MEDIA_TYPE.fullmatch(media.strip()):
        msg = f"{media!r} is not a media type"
        raise UnsupportedError(msg)
    if type_of(media) == _EVENTS:
        msg = f"a body of {_EVENTS} does not end"
        raise UnsupportedError(msg, way="`stream()`")
    return media
