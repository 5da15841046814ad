"""What the hand-written SQL asks about the forms while dbt compiles it, as one macro file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath

from ingest.forms.catalogue import key_columns, table_columns
from ingest.forms.model import Form, Table
from ingest.generate.files import NOTICE, Files

PATH = PurePosixPath("dbt_project/macros/generated/forms.sql")

_TEMPLATE = """\
{# __NOTICE__ #}

{#- The table of every installed form: its form, keys, additive measures and columns. -#}
{% macro form_tables() -%}
{{ return([
__TABLES__
]) }}
{%- endmacro %}

{#- The columns of one form table as a select list, in the order of raw. -#}
{% macro form_columns(table, alias) -%}
{%- for form in form_tables() if form["table"] == table -%}
{%- for column in form["has"] -%}
{{ alias }}.{{ column }}{% if not loop.last %}, {% endif %}
{%- endfor -%}
{%- endfor -%}
{%- endmacro %}
"""


def form_macros(forms: Iterable[Form]) -> Files:
    """Return the macros `form_tables()` and `form_columns(table, alias)`."""
    tables = ",\n".join(_entry(form, table) for form in forms for table in form.tables)
    text = _TEMPLATE.replace("__NOTICE__", NOTICE).replace("__TABLES__", tables)
    return {PATH: text.encode()}


def _entry(form: Form, table: Table) -> str:
    columns = table_columns(form, table)
    entry = {
        "form_code": form.form_code,
        "table": table.name,
        "keys": [c.name for c in key_columns(form, table)],
        "measures": [c.name for c in columns if c.is_measure],
        "has": [c.name for c in columns],
    }
    lines = [f"        {json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items()]
    return "    {\n" + ",\n".join(lines) + "\n    }"
