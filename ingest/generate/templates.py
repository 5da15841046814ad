"""The committed blank templates, one workbook for each form."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ingest.forms.model import Form
from ingest.generate.files import Files
from ingest.generate.template import write_template

FOLDER = PurePosixPath("ingest/forms/generated")


def template_files(forms: Iterable[Form]) -> Files:
    """Return the blank workbook of every form, for no unit and no month in particular."""
    files: Files = {}
    with tempfile.TemporaryDirectory() as folder:
        for form in forms:
            path = Path(folder) / f"{form.form_code}.xlsx"
            write_template(path, form)
            files[FOLDER / path.name] = path.read_bytes()
    return files
