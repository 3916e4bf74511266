"""Usage exports: what an organization spent, as one file or as typed rows, for any range of the last 13 months.

`export_usage` writes a file and `iter_usage_rows` gives rows; `read_usage_rows` reads a file that was written before, and
`sum_credits` and `CreditsTally` add rows up.
"""

from __future__ import annotations

from circleci_v2.usage_export.credits import CreditsDimension, CreditsSpent, CreditsTally, sum_credits
from circleci_v2.usage_export.exporting import UsageExport, UsageFormat, export_usage, iter_usage_rows
from circleci_v2.usage_export.progress import OnUsageExportProgress, UsageExportEvent, UsageExportProgress
from circleci_v2.usage_export.quota import Timing
from circleci_v2.usage_export.rows import COLUMNS, UsageRow, read_usage_rows
from circleci_v2.usage_export.windows import Window

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
