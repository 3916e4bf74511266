"""The models and enums of the API, each imported on first use.

``from circleci_v2.models import Pipeline`` imports that model and the ones it refers to, but no others.
"""

from __future__ import annotations

# The annotations of models are evaluated in this module, so it has the names that they use.
from datetime import date, datetime  # noqa: F401  # pyright: ignore[reportUnusedImport]
from typing import TYPE_CHECKING, Any
from uuid import UUID  # noqa: F401  # pyright: ignore[reportUnusedImport]

from circleci_v2._generated import models as _models
from circleci_v2._wire.model import Model
from circleci_v2._wire.types import OpenStrEnum

if TYPE_CHECKING:
    from circleci_v2._generated.models import *  # noqa: F403 - every generated name, for type checkers only

__all__ = ["Model", "OpenStrEnum"]
__all__ += _models.__all__


def __getattr__(name: str) -> Any:
    return getattr(_models, name)


def __dir__() -> list[str]:
    return sorted(__all__)
