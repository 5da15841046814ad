"""May this file be accepted? The checks of one return, from the form definitions alone.

`check_head` judges the head, `check_table(s)` the rows; both are pure functions that return
findings. Rules that need more than one row of one file are evaluated in the database.
"""

from ingest.validate.head import HeadContext, check_head, report_month
from ingest.validate.table import check_table, check_tables, count_required

__all__ = [
    "HeadContext",
    "check_head",
    "check_table",
    "check_tables",
    "count_required",
    "report_month",
]
