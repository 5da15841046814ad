"""What the hand-written SQL asks about the forms while dbt compiles it, as one macro file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath

from ingest.forms.catalogue import key_columns, table_columns
from ingest.forms.model import Column, Form, Table
from ingest.generate.files import NOTICE, Files

PATH = PurePosixPath("dbt_project/macros/generated/forms.sql")

_TEMPLATE = """\
{# __NOTICE__ #}

{#- The main table of every installed form: its form, keys, columns, columns that name a village or
    project of another form, the key column that names one thing, the codes of things that are
    closed, additive measures, cumulative flows (month, ytd, total) and balances. -#}
{% macro form_tables() -%}
{{ return([
__TABLES__
]) }}
{%- endmacro %}

{#- The sub-tables, whose rows are details of a row of a main table. -#}
{% macro sub_tables() -%}
{{ return([
__SUB_TABLES__
]) }}
{%- endmacro %}

{#- The columns of one form table as a select list, in the order of raw. -#}
{% macro form_columns(table, alias) -%}
{%- for form in form_tables() + sub_tables() if form["table"] == table -%}
{%- for column in form["has"] -%}
{{ alias }}.{{ column }}{% if not loop.last %}, {% endif %}
{%- endfor -%}
{%- endfor -%}
{%- endmacro %}
"""


def form_macros(forms: Iterable[Form]) -> Files:
    """Return the macros `form_tables()` and `form_columns(table, alias)`."""
    listed = [(form, table) for form in forms for table in form.tables]
    main = ",\n".join(_entry(form, table) for form, table in listed if table.every_row)
    sub = ",\n".join(_entry(form, table) for form, table in listed if not table.every_row)
    text = _TEMPLATE.replace("__NOTICE__", NOTICE)
    text = text.replace("__TABLES__", main).replace("__SUB_TABLES__", sub)
    return {PATH: text.encode()}


def _entry(form: Form, table: Table) -> str:
    columns = table_columns(form, table)
    entry: dict[str, object] = {
        "form_code": form.form_code,
        "table": table.name,
        "keys": [c.name for c in key_columns(form, table)],
        "has": [c.name for c in columns],
        "references": [{"column": c.name, "to": c.choices} for c in columns if c.choices],
    }
    if table.every_row:
        entry |= {
            "identity": form.identity,
            "closed": _closed_codes(form),
            "measures": [c.name for c in columns if c.is_measure],
            "flows": flows_of(columns),
            "stock_flows": [flow.model_dump(mode="json") for flow in form.stock_flows],
        }
    lines = [f"        {json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items()]
    return "    {\n" + ",\n".join(lines) + "\n    }"


def _closed_codes(form: Form) -> list[str]:
    """Return the codes of the column that says a row of the form has come to its end."""
    return [] if form.lists is None or form.lists.closed is None else [*form.lists.closed.codes]


def flows_of(columns: Sequence[Column]) -> list[dict[str, str | None]]:
    """Return the flows of a table: `x_m` in the month, `x_y` from 1 January, `x_c` in all.

    A flow without an in-month column cannot be followed from month to month and is left out.
    """
    names = {column.name for column in columns}
    return [
        {
            "month": column.name,
            "ytd": _if_known(f"{column.name[:-2]}_y", names),
            "total": _if_known(f"{column.name[:-2]}_c", names),
        }
        for column in columns
        if column.basis == "M"
    ]


def _if_known(name: str, names: Collection[str]) -> str | None:
    return name if name in names else None
