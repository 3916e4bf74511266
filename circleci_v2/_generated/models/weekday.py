"""Weekday."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["Weekday"]


class Weekday(OpenStrEnum):
    """Day of the week by its first three letters, in capitals."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"
