"""What the rules of `core.finding_*` found becomes part of the ledger."""

from __future__ import annotations

from datetime import date

import psycopg
from psycopg import sql

_COPY = """
insert into ops.finding (
    submission_id, build_id, file, sheet, cell, form_code, check_id, severity, level, value,
    expected, message_zh, message_en, stat_month, area_code, row_key, column_name, state
)
select
    finding.submission_id,
    %(build_id)s,
    submission.file_name,
    finding.sheet,
    place.column_letter || finding.row_no,
    finding.form_code,
    finding.check_id,
    finding.severity,
    finding.level,
    finding.value,
    finding.expected,
    finding.message_zh,
    finding.message_en,
    finding.stat_month,
    finding.area_code,
    coalesce(finding.row_key, '{{}}'),
    finding.column_name,
    'open'
from {model} as finding
left join ops.submission as submission on finding.submission_id = submission.submission_id
left join lateral (
    select position.column_letter
    from raw.column_position as position
    where
        position.submission_id = finding.submission_id
        and position.sheet = finding.sheet
        and position.column_name = finding.column_name
    limit 1
) as place on true
where finding.stat_month = %(stat_month)s
"""


def copy_findings(connection: psycopg.Connection, build_id: int, stat_month: date) -> int:
    """Copy the month's findings of every `core.finding_*`, one statement each; return the count.

    File and cell are added from the ledger and from where the column stood in the file.
    """
    models = connection.execute(
        "select relation.relname from pg_class as relation"
        " inner join pg_namespace as schema on relation.relnamespace = schema.oid"
        " where schema.nspname = 'core' and starts_with(relation.relname, 'finding_')"
        " and relation.relkind in ('p', 'r', 'v') and not relation.relispartition"
        " order by relation.relname"
    ).fetchall()
    copied = 0
    for (model,) in models:
        statement = sql.SQL(_COPY).format(model=sql.Identifier("core", model))
        copied += connection.execute(
            statement, {"build_id": build_id, "stat_month": stat_month}
        ).rowcount
    return copied


def count_findings(connection: psycopg.Connection, build_id: int) -> dict[str, int]:
    """Count the findings of a build: error, warning and info open ones, and explained ones."""
    counts = {"error": 0, "warning": 0, "info": 0, "explained": 0}
    rows = connection.execute(
        "select case state when 'explained' then state else severity end, count(*)"
        " from ops.finding where build_id = %s group by 1",
        [build_id],
    ).fetchall()
    counts.update(dict(rows))
    return counts
