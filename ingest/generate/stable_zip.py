"""Workbooks whose bytes depend on their content alone."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from openpyxl import Workbook

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def empty_workbook() -> Workbook:
    """Return a workbook without any sheet."""
    workbook = Workbook()
    for sheet in workbook.worksheets:
        workbook.remove(sheet)
    return workbook


def save_stable(workbook: Workbook, path: Path, *, compress: bool = False) -> None:
    """Save the workbook with fixed times, so that equal content gives equal bytes.

    Members are stored uncompressed unless asked otherwise: compressed bytes differ between
    versions of zlib, and the templates are compared byte by byte on other machines.
    """
    buffer = io.BytesIO()
    workbook.save(buffer)
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", method) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z\2", content)
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = method
            member.external_attr = 0o644 << 16
            member.create_system = 3
            target.writestr(member, content)
