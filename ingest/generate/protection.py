"""What in a blank return cannot be changed by accident; there is no password anywhere."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.protection import SheetProtection


def protect(workbook: Workbook) -> None:
    """Lock the sheets' names and order, and in each sheet every cell that is not open.

    Formats, widths, sorting, and inserting and deleting rows stay allowed.
    """
    workbook.security = WorkbookProtection(lockStructure=True)
    for worksheet in workbook.worksheets:
        worksheet.protection = SheetProtection(
            sheet=True,
            # False: not protected, so allowed
            formatCells=False,
            formatColumns=False,
            formatRows=False,
            insertRows=False,
            deleteRows=False,
            sort=False,
            autoFilter=False,
        )
