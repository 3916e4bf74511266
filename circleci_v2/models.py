"""The models and enums of the API, each imported when it is first used.

``from circleci_v2.models import Pipeline`` imports that model and those it refers to, and none of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models as _models
from circleci_v2._wire.model import Model
from circleci_v2._wire.types import OpenStrEnum

if TYPE_CHECKING:
    from circleci_v2._generated.models import *  # noqa: F403 - every generated name, for type checkers alone

__all__ = ["Model", "OpenStrEnum"]
__all__ += _models.__all__


def __getattr__(name: str) -> Any:
    return getattr(_models, name)


def __dir__() -> list[str]:
    return sorted(__all__)
