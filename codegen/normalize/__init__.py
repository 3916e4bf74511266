"""Bring any of CircleCI's OpenAPI documents into the normal form from which the package is generated."""

from __future__ import annotations

from codegen.normalize.normalization import Normalized, name_schemas, normalize

__all__ = ["Normalized", "name_schemas", "normalize"]
