"""Encode Python values for requests (JSON bodies, query strings, path segments) and check required fields of bodies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Protocol, TypeVar, runtime_checkable
from urllib.parse import quote, unquote
from uuid import UUID

import attrs

from circleci_v2._lazy import lazy_pattern
from circleci_v2._wire.json import dump_json, is_iterable, is_mapping, is_sequence
from circleci_v2._wire.types import UNSET
from circleci_v2.errors import ArgumentTypeError, ConfigurationError

__all__ = [
    "deep_object",
    "delimited",
    "document_keys",
    "encode_json",
    "encode_query",
    "has_dot_segments",
    "has_fields",
    "json_text",
    "omit_none",
    "path_segment",
    "query_text",
    "required",
    "spread_object",
    "timestamp",
    "unmasked",
]

T = TypeVar("T")

_MASK = lazy_pattern(r"\*+")


def required(name: str, value: T) -> T:
    """Return the value of a required field of the body.

    None means "not passed" in every body, so a required field would be left out silently. A `PUT` without a field deletes what
    is stored there.

    Args:
        name: The argument, for the error message.
        value: Its value.

    Raises:
        ConfigurationError: The value is None.
    """
    if value is None:
        msg = f"{name}=None: {name} is required, and None would leave it out of the request; pass a value"
        raise ConfigurationError(msg)
    return value


def unmasked(name: str, value: object) -> str:
    """Return the value of a required field that responses mask with asterisks, such as a signing secret.

    Args:
        name: The argument, for the error message.
        value: Its value.

    Raises:
        ArgumentTypeError: The value is not text.
        ConfigurationError: The value is None, or a mask: the API would store the asterisks as the new secret.
    """
    required(name, value)
    if not isinstance(value, str):
        msg = f"{name} must be text, not {type(value).__name__}"
        raise ArgumentTypeError(msg)
    if _MASK.fullmatch(value):
        msg = f"{name}={value!r} is the mask that responses show in place of the value; pass the value itself"
        raise ConfigurationError(msg)
    return value


@runtime_checkable
class _Encodable(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def omit_none(fields: Mapping[str, Any], nullable: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a body that the caller passed.

    Args:
        fields: All fields; None and UNSET mean "not passed".
        nullable: The names of fields for which the API accepts null; only UNSET leaves them out.
    """
    return {
        name: value for name, value in fields.items() if value is not UNSET and (value is not None or name in nullable)
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339 text of a moment, in UTC, for example ``2026-01-31T12:00:00Z``.

    Raises:
        ConfigurationError: The datetime has no time zone, so it does not identify a moment.
    """
    if moment.tzinfo is None:
        msg = f"{moment!r} has no time zone: set one, for example with .replace(tzinfo=timezone.utc)"
        raise ConfigurationError(msg)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_json(value: Any) -> Any:
    """The same value in JSON's own types: models as dicts, enums and UUIDs as strings, moments in RFC 3339.

    Raises:
        ConfigurationError: Something inside the value has no JSON form, or it is nested too deeply.
    """
    try:
        return _encode(value)
    except RecursionError:
        msg = "the value cannot be sent as JSON: it is nested too deeply, or contains itself"
        raise ConfigurationError(msg) from None


def _encode(value: Any) -> Any:
    # Loops instead of comprehensions, each of which is a frame of its own until Python 3.12: deep values need few.
    match value:
        case Enum():
            return value.value
        case None | str() | bool() | int() | float():
            return value
        case UUID():
            return str(value)
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case _Encodable():
            return value.to_dict()
        case _ if is_mapping(value):
            encoded_fields: dict[str, Any] = {}
            for key, item in value.items():
                encoded_fields[str(key)] = _encode(item)
            return encoded_fields
        case _ if is_iterable(value):
            encoded_items: list[Any] = []
            for item in value:
                encoded_items.append(_encode(item))  # noqa: PERF401 - see above
            return encoded_items
        case _:
            msg = f"{value!r} ({type(value).__name__}) cannot be sent as JSON: pass JSON types, dates, UUIDs or models"
            raise ArgumentTypeError(msg)


def encode_query(parameters: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and text of each parameter that is not None; a sequence repeats its name."""
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if value is None:
            continue
        if type(value) is str:
            pairs.append((name, value))
        elif is_sequence(value):
            pairs.extend((name, query_text(item)) for item in value)
        else:
            pairs.append((name, query_text(value)))
    return tuple(pairs)


def document_keys(value: Any, *models: type[Any]) -> Any:
    """Return a dict passed in place of a model with the keys of the document, where it has the names of the fields.

    ``{"per_hour": 1}`` becomes ``{"per-hour": 1}``. Keys that are no field of the models stay as they are, and so do values
    that are no dict.

    Args:
        value: The argument: a dict, a sequence of them, or anything else.
        models: The models that the dict stands for.
    """
    if is_sequence(value):
        return [document_keys(item, *models) for item in value]
    if not is_mapping(value):
        return value
    keys = {field.name: field.metadata.get("key", field.name) for model in models for field in attrs.fields(model)}
    return {key if keys.get(key) in value else keys.get(key, key): item for key, item in value.items()}


def has_fields(value: object) -> bool:
    """Whether a value is encoded as a JSON object: a mapping or a model."""
    return is_mapping(value) or isinstance(value, _Encodable)


def json_text(value: Any) -> str | None:
    """The JSON text of a value, for a parameter or form field whose content is JSON; None if it is not passed."""
    return None if value is None else dump_json(encode_json(value))


def delimited(value: Any, delimiter: str) -> Any:
    """The value of a query parameter whose items are joined: OpenAPI's ``explode: false``, and its delimited styles.

    Args:
        value: A sequence; a mapping or model, of which the names and values of its fields are joined; or a single value,
            which is returned as it is.
        delimiter: The text between two items.
    """
    if has_fields(value):
        value = [item for pair in encode_json(value).items() if pair[1] is not None for item in pair]
    return delimiter.join(map(query_text, value)) if is_sequence(value) else value


def spread_object(name: str, value: Any) -> dict[str, Any]:
    """The query parameters of an object in OpenAPI's style ``form``, one for each field: ``color=red&size=7``.

    Args:
        name: The name of the parameter, for the error message; it is not sent.
        value: As for `deep_object`.
    """
    return dict(_query_fields(name, value))


def deep_object(name: str, value: Any) -> dict[str, Any]:
    """The query parameters of an object in OpenAPI's style ``deepObject``: ``filter[color]=red``.

    Args:
        name: The name of the parameter.
        value: A mapping or a model; None values inside are left out. None is no parameter at all.

    Raises:
        ArgumentTypeError: The value is not an object.
    """
    return {f"{name}[{key}]": item for key, item in _query_fields(name, value).items()}


def _query_fields(name: str, value: Any) -> Mapping[str, Any]:
    fields = encode_json(value)
    if fields is None:
        return {}
    if not is_mapping(fields):
        msg = f"{name}={value!r} is not an object: pass a mapping or a model"
        raise ArgumentTypeError(msg)
    return fields


def query_text(value: Any) -> str:
    """The text of a single value in a query or a form.

    Raises:
        ArgumentTypeError: The value is an object or a list, which has no text there.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case _ if has_fields(value) or is_sequence(value):
            msg = f"{value!r} cannot be sent as a single value: pass text, a number, a time or a UUID"
            raise ArgumentTypeError(msg)
        case _:
            return str(value)


_CONTROL = lazy_pattern(r"[\x00-\x1f\x7f\ud800-\udfff]")


def path_segment(name: str, value: object) -> str:
    """One segment of a path, percent-encoded.

    Args:
        name: The parameter, for the error message.
        value: The content of the segment: text, a number or a UUID.

    Raises:
        ConfigurationError: The value cannot be a segment: it is of another type, empty, ``.`` or ``..``, or holds a
            control character or a surrogate.
    """
    if type(value) is str:
        text = value
    elif isinstance(value, Enum):
        text = str(value.value)
    elif isinstance(value, str | int | UUID) and not isinstance(value, bool):
        text = str(value)
    else:
        # None would request a resource of the name "None", and an object that of its repr.
        msg = f"{name}={value!r} cannot be part of a path: pass text, a number or a UUID, not {type(value).__name__}"
        raise ArgumentTypeError(msg)
    if text in {"", ".", ".."} or _CONTROL.search(text):
        msg = f"{name}={text!r} cannot be part of a path: it must not be empty, '.', '..' or hold control characters"
        raise ConfigurationError(msg)
    return quote(text, safe="")


def has_dot_segments(path: str) -> bool:
    """Whether a server may resolve a path to another one, because ``.`` or ``..`` is a segment of it.

    Both may be percent-encoded, which is equivalent (RFC 3986, section 6.2.2.2). Some servers also take ``%2F`` and a
    backslash for a slash, and ``..;x`` for ``..`` with a parameter.
    """
    if "." not in path and "%2" not in path:
        return False
    segments = unquote(path).replace("\\", "/").split("/")
    return any(segment.partition(";")[0] in {".", ".."} for segment in segments)
