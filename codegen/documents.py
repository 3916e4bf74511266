"""Reading and writing OpenAPI documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import yaml

from circleci_v2._wire.json_types import is_object
from codegen.errors import SpecError

__all__ = ["Document", "dump_document", "read_document", "write_document"]

Document = dict[str, Any]

_LARGEST_DOCUMENT = 50_000_000
_DOWNLOAD_TIMEOUT = 60.0


def read_document(source: str | Path) -> Document:
    """Read an OpenAPI document, JSON or YAML, from a file or an http(s) URL.

    Raises:
        SpecError: It cannot be read, is implausibly large or is no OpenAPI 3 document.
    """
    text = _download(str(source)) if str(source).startswith(("https://", "http://")) else _read(Path(source))
    if len(text) > _LARGEST_DOCUMENT:
        msg = f"{source}: {len(text)} bytes is more than an OpenAPI document has ({_LARGEST_DOCUMENT})"
        raise SpecError(msg)
    try:
        document = json.loads(text) if text.lstrip().startswith(b"{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        msg = f"{source}: neither JSON nor YAML: {error}"
        raise SpecError(msg) from error
    if not is_object(document) or not str(document.get("openapi", "")).startswith("3."):
        msg = f"{source}: not an OpenAPI 3 document"
        raise SpecError(msg)
    return document


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise SpecError(msg) from error


def _download(url: str) -> bytes:
    try:
        answer = httpx.get(url, follow_redirects=True, timeout=_DOWNLOAD_TIMEOUT).raise_for_status()
    except httpx.HTTPError as error:
        msg = f"{url}: {error}"
        raise SpecError(msg) from error
    return answer.content


def dump_document(document: Document) -> str:
    """The document as the text that is kept under version control."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_document(document: Document, output: Path | None) -> None:
    """Write the document to a file, or to standard output."""
    if output is None:
        sys.stdout.write(dump_document(document))
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(dump_document(document), encoding="utf-8")
