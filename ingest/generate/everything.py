"""All that is generated from the form definitions, in one go."""

from __future__ import annotations

from pathlib import Path

from ingest.forms.catalogue import load_forms
from ingest.generate.ddl import raw_ddl
from ingest.generate.dictionary import data_dictionary
from ingest.generate.files import put_files
from ingest.generate.macros import form_macros
from ingest.generate.marts import MARTS_FOLDER
from ingest.generate.seeds import seed_files
from ingest.generate.staging import staging_files
from ingest.generate.templates import template_files


def generate(root: Path) -> list[Path]:
    """Write everything derived from the form definitions below `root`; return its paths.

    A second run changes no byte. A file that is no longer generated is removed from the
    folders named `generated`.
    """
    forms = list(load_forms().values())
    marts = root / MARTS_FOLDER
    return put_files(
        root,
        raw_ddl(forms)
        | form_macros(forms)
        | staging_files(forms)
        | seed_files(forms, marts)
        | template_files(forms)
        | data_dictionary(forms, marts),
    )
