"""Request bodies that are not JSON: text, bytes, and forms with files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, TypeGuard
from urllib.parse import urlencode

from circleci_v2._lazy import lazy_pattern
from circleci_v2._wire.encoding import encode_json, encode_query, has_fields, json_text, query_text
from circleci_v2._wire.json import dump_json, is_sequence
from circleci_v2._wire.types import UNSET
from circleci_v2.errors import ArgumentTypeError, ConfigurationError

__all__ = [
    "Body",
    "FileContent",
    "bytes_body",
    "charset_of",
    "checked_files",
    "form_body",
    "multipart_body",
    "text_body",
]

FileContent: TypeAlias = bytes | tuple[str, bytes] | tuple[str, bytes, str]
"""A file in a form: its content; or its name and content; or its name, content and media type."""

_CHARSET: Final = lazy_pattern(r';[ \t]*charset="?([\w.:-]+)"?', re.IGNORECASE)
# The escapes of the HTML standard (section 4.10.21.8), which servers expect instead of those of RFC 7578.
_ESCAPES: Final = {ord("\r"): "%0D", ord("\n"): "%0A", ord('"'): "%22"}
_MEDIA_TYPE: Final = lazy_pattern(r"[\x20-\x7e]+")


class Body(NamedTuple):
    """A request body as it is sent.

    Attributes:
        content_type: The value of the header ``Content-Type``.
        content: The bytes.
    """

    content_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"Body(content_type={self.content_type!r})"


def charset_of(content_type: str) -> str:
    """The charset that a media type names, or UTF-8."""
    found = _CHARSET.search(content_type)
    return found.group(1) if found else "utf-8"


def text_body(value: object, media: str) -> Body | None:
    """A body of text; None if there is none.

    Args:
        value: The text; `UNSET` sends no body.
        media: Its media type; the text is encoded in the charset of it, or else in UTF-8.

    Raises:
        ArgumentTypeError: The value is not text.
        ConfigurationError: The charset cannot encode it.
    """
    if value is UNSET:
        return None
    if not isinstance(value, str):
        msg = f"body must be text, not {type(value).__name__}"
        raise ArgumentTypeError(msg)
    charset = charset_of(media)
    try:
        content = value.encode(charset)
    except UnicodeEncodeError as error:
        msg = f"body cannot be sent as {charset}: {value[error.start]!r} is not in that charset"
        raise ConfigurationError(msg) from None
    is_named = _CHARSET.search(media) is not None or not media.lower().startswith("text/")
    return Body(media if is_named else f"{media}; charset={charset}", content)


def bytes_body(value: object, media: str) -> Body | None:
    """A body of bytes; None if there is none.

    Args:
        value: The bytes; `UNSET` sends no body.
        media: Their media type.

    Raises:
        ArgumentTypeError: The value is not bytes.
    """
    if value is UNSET:
        return None
    if not isinstance(value, bytes | bytearray):
        msg = f"body must be bytes, not {type(value).__name__}: read files with .read_bytes(), and encode text"
        raise ArgumentTypeError(msg)
    return Body(media, bytes(value))


def form_body(fields: Mapping[str, Any]) -> Body:
    """A form without files, ``application/x-www-form-urlencoded``.

    Args:
        fields: Its fields; None values are left out, sequences repeat the name, objects become JSON.
    """
    texts = {name: _json_inside(value) for name, value in fields.items()}
    pairs = [(_encoded(name), _encoded(text)) for name, text in encode_query(texts)]
    return Body("application/x-www-form-urlencoded", urlencode(pairs).encode())


def _json_inside(value: Any) -> Any:
    """A value of a form, in which objects are JSON, also those in a sequence."""
    if is_sequence(value):
        return [_json_inside(item) for item in value]
    return json_text(value) if has_fields(value) else value


def multipart_body(fields: Mapping[str, Any], types: Mapping[str, str] | None = None) -> Body:
    """A form that may have files, ``multipart/form-data`` (RFC 7578).

    Args:
        fields: Its fields; None values are left out, a sequence becomes a part per item, objects become JSON.
        types: The media types of fields for which the API's document states one.

    Raises:
        ConfigurationError: The media type of a file cannot be a header.
    """
    from secrets import token_hex  # noqa: PLC0415 - few programs send forms

    boundary = token_hex(16)
    lines: list[bytes] = []
    for name, value in fields.items():
        for item in value if is_sequence(value) and not _is_file(value) else [value]:
            if item is not None:
                lines += [f"--{boundary}".encode(), *_part(name, item, (types or {}).get(name))]
    content = b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])
    return Body(f"multipart/form-data; boundary={boundary}", content)


def checked_files(name: str, value: Any) -> Any:
    """Return the file or files of a form.

    Args:
        name: The argument, for the error message.
        value: A `FileContent`, or several; None stands for none.

    Raises:
        ArgumentTypeError: The value is not a file; text, for example, could be the path of one or its content.
    """
    for item in value if is_sequence(value) and not _is_file(value) else [value]:
        if item is not None and not _is_file(item):
            kind = type(item).__name__
            msg = f"{name} must be bytes, or a tuple (name, bytes) or (name, bytes, media type) of a file, not {kind}"
            raise ArgumentTypeError(msg)
    return value


def _is_file(value: object) -> TypeGuard[FileContent]:
    match value:
        case bytes() | (str(), bytes()) | (str(), bytes(), str()):
            return isinstance(value, bytes | tuple)
        case _:
            return False


def _part(name: str, value: Any, media: str | None) -> Iterator[bytes]:
    """The lines of one part: its headers, an empty line, and its content."""
    disposition = f'form-data; name="{name.translate(_ESCAPES)}"'
    if _is_file(value):
        file = (name, value) if isinstance(value, bytes) else value
        disposition += f'; filename="{file[0].translate(_ESCAPES)}"'
        content, media = file[1], file[2] if len(file) > 2 else media or "application/octet-stream"
    elif has_fields(value):
        content, media = dump_json(encode_json(value)).encode(), media or "application/json"
    else:
        content = _encoded(query_text(value))
    yield _encoded(f"Content-Disposition: {disposition}")
    if media is not None:
        if not _MEDIA_TYPE.fullmatch(media):
            msg = f"{name}: {media!r} is not a media type"
            raise ConfigurationError(msg)
        yield _encoded(f"Content-Type: {media}")
    yield b""
    yield content


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        msg = f"the form cannot be sent: {text[error.start]!r} in it is half of a character"
        raise ConfigurationError(msg) from None
