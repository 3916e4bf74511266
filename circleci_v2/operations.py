"""OPERATIONS: every operation of the API, as data.

``getattr(getattr(circleci, operation.namespace), operation.name)`` is the method of an operation.
"""

from __future__ import annotations

from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.request import Operation

__all__ = ["OPERATIONS", "Operation"]
