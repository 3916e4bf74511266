"""Check that a document is valid OpenAPI, and name the location if it is not.

The checks are those of openapi-spec-validator. Input that it cannot handle is rejected or rewritten first: references to other
files, which it would fetch; long chains of references, which it follows recursively; references to nothing; unbalanced braces
in paths; lone surrogates and keys that are not strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import validate
from openapi_spec_validator.exceptions import OpenAPIError

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.normalize.openapi31 import schemas_in
from codegen.normalize.tolerate import objects_in, tolerate
from codegen.schemas import resolve_pointer

__all__ = ["check_validity"]

_LONGEST_MESSAGE = 500
_MAXIMUM_DEPTH = 200
_SCHEMAS_OF_31: Any = Draft202012Validator(Draft202012Validator.META_SCHEMA)
_PATH = re.compile(r"(?:[^{}]|\{[^{}]+\})*")


def check_validity(document: Document) -> None:
    """Make sure that a document is valid OpenAPI and does not refer to other files.

    Raises:
        SpecError: The document is invalid; the message names the location.
    """
    _check_texts(document)
    paths = document.get("paths")
    for path in paths if is_object(paths) else ():
        if not _PATH.fullmatch(str(path)):
            msg = f"paths/{path}: unbalanced braces"
            raise SpecError(msg)
    tolerated = tolerate(document).document
    _check_schemas_of_31(tolerated)
    shortened = _with_short_references(tolerated, tolerated, "")
    _drop_repeated_responses(shortened)
    try:
        validate(shortened)
    except ValidationError as error:
        location = "/".join(str(part) for part in error.absolute_path)
        if not location.startswith(tuple(document)):
            # The checks of values know the location inside of their schema only, or none at all.
            location = f"{_failing_path(shortened)}: {location}".removesuffix(": ")
        problem = error.message[:_LONGEST_MESSAGE]
        msg = f"not valid OpenAPI: {location or 'the document'}: {problem}"
        raise SpecError(msg) from error
    except OpenAPIError as error:
        msg = f"openapi: {document.get('openapi')!r} is not a version that openapi-spec-validator supports"
        raise SpecError(msg) from error
    except _VALIDATOR_CRASHES as error:
        msg = f"{_failing_path(shortened)}: not valid OpenAPI: the validator crashed with {error!r}"
        raise SpecError(msg[:_LONGEST_MESSAGE]) from error


def _check_schemas_of_31(document: Document) -> None:
    """Check every schema of an OpenAPI 3.1 document; openapi-spec-validator accepts any value as a nested schema there."""
    if str(document.get("openapi")).startswith("3.0"):
        return
    for location, schema in schemas_in(document):
        for error in _SCHEMAS_OF_31.iter_errors(schema):
            place = "/".join((location, *map(str, error.absolute_path)))
            msg = f"not valid OpenAPI: {place}: {error.message[:_LONGEST_MESSAGE]}"
            raise SpecError(msg)


# Errors that openapi-spec-validator raises for malformed input that it does not check for.
_VALIDATOR_CRASHES = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _failing_path(document: Document) -> str:
    """Return the first part that the validator rejects or crashes on: a path, or what all paths have in common."""
    paths = document.get("paths")
    parts: dict[str, Document] = {
        "the document": {"paths": {}, "components": {}},
        "components": {"paths": {}},
        **{f"paths/{path}": {"paths": {path: item}} for path, item in (paths.items() if is_object(paths) else ())},
    }
    for name, part in parts.items():
        try:
            validate({**document, **part})
        except (ValidationError, *_VALIDATOR_CRASHES):
            return name
    return "the document"


def _check_texts(document: Document) -> None:
    for location, text in _texts(document, "", 0):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            msg = f"{location}: {text!r} contains a lone surrogate and cannot be written to a file: {error.reason}"
            raise SpecError(msg) from error


def _texts(value: Any, location: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield every key and every string of a document with its location."""
    if depth > _MAXIMUM_DEPTH:
        msg = f"{location[:_LONGEST_MESSAGE]}: nested more than {_MAXIMUM_DEPTH} deep"
        raise SpecError(msg)
    if isinstance(value, str):
        yield location, value
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _texts(item, f"{location}/{index}", depth + 1)
    elif is_object(value):
        for key, item in cast("Mapping[object, Any]", value).items():
            if not isinstance(key, str):
                msg = f"{location}/{key}: the key {key!r} is not a string; in YAML, write it in quotes"
                raise SpecError(msg)
            yield location, key
            yield from _texts(item, f"{location}/{key}", depth + 1)


def _with_short_references(value: Any, document: Mapping[str, Any], location: str) -> Any:
    """Return a copy in which every reference points to the end of its chain."""
    if is_array(value):
        return [_with_short_references(item, document, f"{location}/{index}") for index, item in enumerate(value)]
    if not is_object(value):
        return value
    copied = {key: _with_short_references(item, document, f"{location}/{key}") for key, item in value.items()}
    pointer = value.get("$ref")
    return {**copied, "$ref": _end_of_chain(document, pointer, location)} if isinstance(pointer, str) else copied


def _drop_repeated_responses(document: Document) -> None:
    """Replace each response that is equal to another one by an empty response, because the validator checks all of them.

    Most responses are the same few errors; without them, the validator takes half of the time.
    """
    seen: set[str] = set()
    for item in objects_in(document.get("paths")):
        for operation in objects_in(item):
            responses = operation.get("responses")
            for status, response in list(responses.items()) if is_object(responses) else ():
                content = json.dumps(response, sort_keys=True)
                if content in seen:
                    operation["responses"][status] = {"description": ""}
                seen.add(content)


def _end_of_chain(document: Mapping[str, Any], pointer: str, location: str) -> str:
    seen = {pointer}
    while True:
        target = resolve_pointer(document, pointer, location)
        following = target.get("$ref") if is_object(target) else None
        if not isinstance(following, str):
            return pointer
        if following in seen:
            msg = f"{location}: $ref {following!r} leads back to itself"
            raise SpecError(msg)
        seen.add(following)
        pointer = following
