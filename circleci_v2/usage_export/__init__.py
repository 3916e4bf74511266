"""Export the usage data of an organization, as one file or as typed rows, for any range of the last 13 months.

`export_usage` writes a file and `iter_usage_rows` iterates over rows; `read_usage_rows` reads a file that was written
before, and `sum_credits` and `CreditsTally` add up the credits of rows.
"""

from __future__ import annotations

from circleci_v2.usage_export.export import UsageExport, UsageFormat, export_usage, iter_usage_rows
from circleci_v2.usage_export.jobs import OnUsageExportProgress, UsageExportEvent, UsageExportProgress
from circleci_v2.usage_export.limits import Timing, Window
from circleci_v2.usage_export.rows import (
    COLUMNS,
    CreditsDimension,
    CreditsSpent,
    CreditsTally,
    UsageRow,
    read_usage_rows,
    sum_credits,
)

__all__ = [
    "COLUMNS",
    "CreditsDimension",
    "CreditsSpent",
    "CreditsTally",
    "OnUsageExportProgress",
    "Timing",
    "UsageExport",
    "UsageExportEvent",
    "UsageExportProgress",
    "UsageFormat",
    "UsageRow",
    "Window",
    "export_usage",
    "iter_usage_rows",
    "read_usage_rows",
    "sum_credits",
]
