"""Read and write OpenAPI documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import yaml

from circleci_v2._wire.json import is_object
from codegen.errors import SpecError
from codegen.yaml_loader import load_yaml

__all__ = [
    "METHODS",
    "OUR_DOCUMENT",
    "ROOT",
    "Document",
    "dump_document",
    "is_url",
    "read_document",
    "write_document",
]

Document = dict[str, Any]

ROOT = Path(__file__).parent.parent
OUR_DOCUMENT = ROOT / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

_MAXIMUM_SIZE = 50_000_000
"""Bytes; CircleCI's documents have less than a million."""

_DOWNLOAD_TIMEOUT = 60.0
_GENERIC_CONTENT_TYPES = frozenset({"text/plain", "application/octet-stream"})


def read_document(source: str | Path) -> Document:
    """Read an OpenAPI document, JSON or YAML, from a file or an http(s) URL.

    Raises:
        SpecError: The source cannot be read, is larger than any plausible document, or is not an OpenAPI 3 document.
    """
    text = _download(str(source)) if is_url(source) else _read(Path(source))
    try:
        document = json.loads(text) if text.lstrip().startswith(b"{") else load_yaml(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        msg = f"{source}: neither JSON nor YAML: {error}"
        raise SpecError(msg) from error
    if not is_object(document) or not str(document.get("openapi", "")).startswith("3."):
        msg = f"{source}: not an OpenAPI 3 document"
        raise SpecError(msg)
    return document


def is_url(source: str | Path) -> bool:
    """Whether a source has to be downloaded."""
    return str(source).startswith(("https://", "http://"))


def _read(path: Path) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise SpecError(msg) from error
    if len(text) > _MAXIMUM_SIZE:
        raise SpecError(_too_large(path, len(text)))
    return text


def _download(url: str) -> bytes:
    text = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_DOWNLOAD_TIMEOUT) as response:
            _check_status(url, response)
            _check_content_type(url, response.headers.get("content-type", ""))
            for chunk in response.iter_bytes():
                text += chunk
                if len(text) > _MAXIMUM_SIZE:
                    raise SpecError(_too_large(url, len(text)))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        msg = f"{url}: {str(error) or type(error).__name__}"
        raise SpecError(msg) from error
    return bytes(text)


def _too_large(source: str | Path, size: int) -> str:
    return f"{source}: {size} bytes or more; an OpenAPI document has at most {_MAXIMUM_SIZE}"


def _check_status(url: str, response: httpx.Response) -> None:
    if not response.is_success:
        msg = f"{url}: the server returned {response.status_code} {response.reason_phrase} instead of a document"
        raise SpecError(msg)


def _check_content_type(url: str, content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    # File hosts serve JSON and YAML with a generic type; login pages and error pages are declared as HTML.
    if kind not in _GENERIC_CONTENT_TYPES and not kind.endswith(("json", "yaml")):
        msg = (
            f"{url}: the response has {kind or 'no content type'}, which is not an OpenAPI document; check the address"
        )
        raise SpecError(msg)


def dump_document(document: Document) -> str:
    """Format the document as it is kept under version control."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_document(document: Document, output: Path | None) -> None:
    """Write the document to a file, or to standard output if `output` is None."""
    if output is None:
        sys.stdout.write(dump_document(document))
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(dump_document(document), encoding="utf-8")
