"""Reading and writing OpenAPI documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import yaml

from circleci_v2._wire.json import is_object
from codegen.errors import SpecError

__all__ = ["Document", "dump_document", "is_url", "read_document", "write_document"]

Document = dict[str, Any]

_LARGEST_DOCUMENT = 50_000_000
_DOWNLOAD_TIMEOUT = 60.0
_PLAIN_TYPES = frozenset({"text/plain", "application/octet-stream"})


def read_document(source: str | Path) -> Document:
    """Read an OpenAPI document, JSON or YAML, from a file or an http(s) URL.

    Raises:
        SpecError: It cannot be read, is implausibly large or is no OpenAPI 3 document.
    """
    text = _download(str(source)) if is_url(source) else _read(Path(source))
    try:
        document = json.loads(text) if text.lstrip().startswith(b"{") else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        msg = f"{source}: neither JSON nor YAML: {error}"
        raise SpecError(msg) from error
    if not is_object(document) or not str(document.get("openapi", "")).startswith("3."):
        msg = f"{source}: not an OpenAPI 3 document"
        raise SpecError(msg)
    return document


def is_url(source: str | Path) -> bool:
    """Whether a document is to be downloaded."""
    return str(source).startswith(("https://", "http://"))


def _read(path: Path) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise SpecError(msg) from error
    if len(text) > _LARGEST_DOCUMENT:
        raise SpecError(_too_large(path, len(text)))
    return text


def _download(url: str) -> bytes:
    text = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_DOWNLOAD_TIMEOUT) as answer:
            _check_status(url, answer)
            _check_content_type(url, answer.headers.get("content-type", ""))
            for chunk in answer.iter_bytes():
                text += chunk
                if len(text) > _LARGEST_DOCUMENT:
                    raise SpecError(_too_large(url, len(text)))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        msg = f"{url}: {str(error) or type(error).__name__}"
        raise SpecError(msg) from error
    return bytes(text)


def _too_large(source: str | Path, size: int) -> str:
    return f"{source}: {size} bytes and more; an OpenAPI document has at most {_LARGEST_DOCUMENT}"


def _check_status(url: str, answer: httpx.Response) -> None:
    if not answer.is_success:
        msg = f"{url}: answered {answer.status_code} {answer.reason_phrase}, and no document"
        raise SpecError(msg)


def _check_content_type(url: str, content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    # Hosts of plain files call JSON and YAML text; a login page or an error page says that it is HTML.
    if kind not in _PLAIN_TYPES and not kind.endswith(("json", "yaml")):
        msg = f"{url}: answered {kind or 'no content type'}, which is no OpenAPI document; is the address right?"
        raise SpecError(msg)


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
