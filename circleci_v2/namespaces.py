"""The classes of ``circleci.pipelines`` and the other namespaces, for annotations; each is imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circleci_v2._generated import api as _api
from circleci_v2._generated.namespaces import Namespaces, NamespacesWithRawResponse

if TYPE_CHECKING:
    from circleci_v2._generated.api import *  # noqa: F403 - every generated name, for type checkers only

__all__ = ["Namespaces", "NamespacesWithRawResponse"]
__all__ += _api.__all__


def __getattr__(name: str) -> Any:
    return getattr(_api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
