"""Whether a document is valid OpenAPI, told with the place where it is not.

The validator is openapi-spec-validator's. What it cannot cope with is looked at first: references to other files, which it
would fetch; chains of references, on which it recurses; references to nothing, and paths whose braces do not pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from jsonschema.exceptions import ValidationError
from openapi_spec_validator import validate
from openapi_spec_validator.exceptions import OpenAPIError

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.schemas import resolve_pointer

__all__ = ["check_validity"]

_LONGEST_MESSAGE = 500
_DEEPEST_NESTING = 200
_PATH = re.compile(r"(?:[^{}]|\{[^{}]+\})*")


def check_validity(document: Document) -> None:
    """Make sure that a document is valid OpenAPI and complete in itself.

    Raises:
        SpecError: It is not; the message names the place.
    """
    _check_texts(document)
    paths = document.get("paths")
    for path in paths if is_object(paths) else ():
        if not _PATH.fullmatch(str(path)):
            msg = f"paths/{path}: braces that do not pair"
            raise SpecError(msg)
    shortened = _with_short_references(document, document, "")
    try:
        validate(shortened)
    except ValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path) or "the document"
        msg = f"not valid OpenAPI: {place}: {error.message[:_LONGEST_MESSAGE]}"
        raise SpecError(msg) from error
    except OpenAPIError as error:
        msg = f"openapi: {document.get('openapi')!r} is not a version that can be checked"
        raise SpecError(msg) from error
    except _FAILURES as error:
        msg = f"{_failing_path(shortened)}: it cannot be checked, so something must be wrong with it: {error!r}"
        raise SpecError(msg[:_LONGEST_MESSAGE]) from error


# How the validator fails where it meets what it did not reckon with.
_FAILURES = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _failing_path(document: Document) -> str:
    """The first path with which alone the validator fails."""
    for path, item in document["paths"].items():
        try:
            validate({**document, "paths": {path: item}})
        except ValidationError:
            continue
        except _FAILURES:
            return f"paths/{path}"
    return "components"


def _check_texts(document: Document) -> None:
    for place, text in _texts(document, "", 0):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            msg = f"{place}: {text!r} holds half a character, which no file can: {error.reason}"
            raise SpecError(msg) from error


def _texts(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST_NESTING:
        msg = f"{place[:_LONGEST_MESSAGE]}: nested more than {_DEEPEST_NESTING} deep"
        raise SpecError(msg)
    if isinstance(value, str):
        yield place, value
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _texts(item, f"{place}/{index}", depth + 1)
    elif is_object(value):
        for key, item in cast("Mapping[object, Any]", value).items():
            if not isinstance(key, str):
                msg = f"{place}/{key}: the key {key!r} is no text; YAML takes it for one between quotes"
                raise SpecError(msg)
            yield place, key
            yield from _texts(item, f"{place}/{key}", depth + 1)


def _with_short_references(value: Any, document: Mapping[str, Any], place: str) -> Any:
    """A copy in which each reference points to the end of its chain."""
    if is_array(value):
        return [_with_short_references(item, document, f"{place}/{index}") for index, item in enumerate(value)]
    if not is_object(value):
        return value
    copied = {key: _with_short_references(item, document, f"{place}/{key}") for key, item in value.items()}
    pointer = value.get("$ref")
    return {**copied, "$ref": _end_of_chain(document, pointer, place)} if isinstance(pointer, str) else copied


def _end_of_chain(document: Mapping[str, Any], pointer: str, place: str) -> str:
    seen = {pointer}
    while True:
        target = resolve_pointer(document, pointer, place)
        following = target.get("$ref") if is_object(target) else None
        if not isinstance(following, str):
            return pointer
        if following in seen:
            msg = f"{place}: $ref {following!r} leads back to itself"
            raise SpecError(msg)
        seen.add(following)
        pointer = following
