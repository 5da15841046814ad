"""Everything derived from the form definitions: DDL, dbt files, templates, the dictionary.

`python -m ingest.generate` (make generate) writes it; `template.write_template` makes one
unit's blank return, `workbook` writes filled ones. Nothing is imported here: the process that
writes answers needs the styles alone, and quickly.
"""
