"""Whether a document is valid OpenAPI, told with the place where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema.exceptions import ValidationError
from openapi_spec_validator import validate

from circleci_v2._wire.json_types import is_array, is_object
from codegen.documents import Document
from codegen.errors import SpecError

__all__ = ["check_validity"]

_LONGEST_MESSAGE = 500


def check_validity(document: Document) -> None:
    """Make sure that a document is valid OpenAPI and complete in itself.

    Raises:
        SpecError: It is not; the message names the place.
    """
    for pointer in _pointers(document):
        if not pointer.startswith("#/"):
            # The validator would go and fetch it.
            msg = f"$ref {pointer!r} leaves the document; bundle it into one file first"
            raise SpecError(msg)
    try:
        validate(document)
    except ValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path) or "the document"
        msg = f"not valid OpenAPI: {place}: {error.message[:_LONGEST_MESSAGE]}"
        raise SpecError(msg) from error


def _pointers(value: Any) -> Iterator[str]:
    if is_array(value):
        for item in value:
            yield from _pointers(item)
    elif is_object(value):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _pointers(item)
