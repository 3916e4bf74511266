"""Progress: what happens to an export, told while it happens, since an export may take hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import attrs

from circleci_v2.usage_export.windows import Window

__all__ = ["OnUsageExportProgress", "UsageExportEvent", "UsageExportProgress"]


UsageExportEvent: TypeAlias = Literal["created", "waiting", "state", "failed"]


@attrs.frozen(kw_only=True)
class UsageExportProgress:
    """Something that happened to an export.

    Attributes:
        event: ``created``: CircleCI took a window on. ``waiting``: nothing happens for `seconds`. ``state``: CircleCI
            told the state of a job. ``failed``: a job failed and is made anew.
        message: The same for people.
        window: The window that it is about.
        job_id: The job of that window at CircleCI.
        seconds: How long a wait takes; else 0.
    """

    event: UsageExportEvent
    message: str
    window: Window
    job_id: str | None = None
    seconds: float = 0.0


OnUsageExportProgress: TypeAlias = Callable[[UsageExportProgress], object]
