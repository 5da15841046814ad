"""Comply or explain: the reasons that let findings pass go with the publication they let pass.

They are copied in the transaction that publishes, because a waiver may be renewed or lapse later.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg


def record_explanations(connection: psycopg.Connection, publication_ids: Sequence[str]) -> int:
    """Copy the explained findings of what was published; return how many there are.

    Those of the build and those of the returns in it, but for columns about persons: of these
    nothing reaches readers, neither value nor reason.
    """
    return connection.execute(_COPY, {"publications": list(publication_ids)}).rowcount


_COPY = """
insert into released.explanation (
    stat_month, publication_id, finding_id, check_id, severity, form_code, area_code, area_level,
    area_name_zh, row_key, column_name, value, expected, reason, explained_by
)
select
    publication.stat_month,
    publication.publication_id,
    finding.finding_id,
    finding.check_id,
    finding.severity,
    finding.form_code,
    finding.area_code,
    unit.level,
    unit.name_zh,
    finding.row_key,
    finding.column_name,
    left(finding.value, 200),
    left(finding.expected, 200),
    left(
        case
            when finding.reason = waiver.reason || ' (' || waiver.owner || ')' then waiver.reason
            else coalesce(finding.reason, '')
        end,
        500
    ),
    coalesce(waiver.owner, unit.name_zh, finding.area_code)
from ops.publication as publication
inner join lateral (
    select made.* from ops.finding as made
    where made.build_id = publication.build_id and made.state = 'explained'
    union all
    select filed.* from ops.build_input as input
    inner join ops.finding as filed on input.submission_id = filed.submission_id
    where
        input.build_id = publication.build_id
        and filed.build_id is null
        and filed.state = 'explained'
) as finding on true
left join ops.waiver as waiver on finding.waiver_id = waiver.waiver_id
left join lateral (
    select area.level, area.name_zh from ops.area as area
    where
        area.area_code = finding.area_code
        and area.valid_from < publication.stat_month + interval '1 month'
    order by area.valid_from desc
    limit 1
) as unit on true
where
    publication.publication_id = any(%(publications)s)
    and not exists (
        select from staging.seed_personal_column as personal
        where
            personal.column_name = finding.column_name
            and personal.form_code = coalesce(finding.form_code, personal.form_code)
    )
on conflict do nothing
"""
