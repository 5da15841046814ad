"""The view `published.release`: what of each month is in force, why, and what to know about it."""

from __future__ import annotations

from datetime import datetime

from psycopg import sql

from warehouse.in_force import in_force
from warehouse.published_view import PublishedView
from warehouse.release_plan import planned_releases

# A reader's row stays readable; the whole list stands in `published.explanations`.
SHOWN_EXPLANATIONS = 50


def release_view(at: datetime | None = None) -> PublishedView:
    """Return the view `release`: which release of each month is in force, since when and why."""
    return PublishedView(
        "release",
        sql.SQL(_RELEASE).format(
            in_force=in_force(at), planned=planned_releases(at), shown=SHOWN_EXPLANATIONS
        ),
        "The release in force of each month.",
        {
            "stat_month": "Reporting month, as its first day.",
            "release_id": "The release that switched this month.",
            "publication_id": "What is shown, e.g. 2009-11.r1.",
            "in_force_since": "When readers first saw it.",
            "reason": "Why the release was made.",
            "reservations": "What readers should know: warnings accepted by signature,"
            " months that do not fit those switched.",
            "signed_by": "Who signed, where a signature was due.",
            "planned_on": "计划发布日 The day on which the month was to be released.",
            "first_released_at": "首次发布时间 When the month was first released.",
            "revision_reason": "修订原因 Which returns or months changed since the publication"
            " before it; null for a first publication.",
            "returns_changed": "变动报表 All of these returns: change, form, unit, versions.",
            "explanations": f"说明 The first {SHOWN_EXPLANATIONS} findings that a given reason let"
            " pass, as they were when the month was published: check_id, severity, area, form,"
            " row_key, column, value, expected, reason, by.",
            "explanations_count": "说明条数 How many there are, all of them in"
            " published.explanations.",
        },
    )


def explanations_view(at: datetime | None = None) -> PublishedView:
    """Return the view `explanations`: comply or explain, one row for each explained finding."""
    return PublishedView(
        "explanations",
        sql.SQL(_EXPLANATIONS).format(in_force=in_force(at)),
        "异常说明 Findings that a given reason let pass, as they were when the publication in force"
        " was made.",
        {
            "stat_month": "报告月份 Reporting month, as its first day.",
            "area_code": "填报单位代码 The filing unit.",
            "area_level": "级别 Level of the filing unit.",
            "area_name_zh": "填报单位 Name of the filing unit.",
            "publication_id": "发布 The publication it travels with.",
            "release_id": "发布批次 The release that switched this month.",
            "check_id": "审核编号 The check that asked.",
            "severity": "级别 error, warning or info.",
            "form_code": "表号 The form.",
            "row_key": "行关键字 Key of the row in the return.",
            "column_name": "列 Column of the form; null where the whole row or return is meant.",
            "value": "数值 The value as filed or computed.",
            "expected": "应为 What was expected.",
            "reason": "理由 The reason given.",
            "explained_by": "说明人 Who gave it: the owner of the waiver, or the filing unit.",
        },
    )


_RELEASE = """
select
    month_in_force.stat_month,
    month_in_force.release_id,
    month_in_force.publication_id,
    month_in_force.valid_from as in_force_since,
    release.reason,
    release.reservations,
    release.signed_by,
    planned.planned_on,
    (
        select min(ever.valid_from) from ops.release_month as ever
        where ever.stat_month = month_in_force.stat_month
    ) as first_released_at,
    revision.reason as revision_reason,
    revision.returns_changed,
    (
        select coalesce(jsonb_agg(shown.explanation), '[]'::jsonb)
        from (
            select
                jsonb_build_object(
                    'check_id', explanation.check_id,
                    'severity', explanation.severity,
                    'area', explanation.area_code,
                    'form', explanation.form_code,
                    'row_key', explanation.row_key,
                    'column', explanation.column_name,
                    'value', explanation.value,
                    'expected', explanation.expected,
                    'reason', explanation.reason,
                    'by', explanation.explained_by
                ) as explanation
            from released.explanation as explanation
            where
                explanation.stat_month = month_in_force.stat_month
                and explanation.publication_id = month_in_force.publication_id
            order by
                array_position(array['error', 'warning', 'info'], explanation.severity),
                explanation.finding_id
            limit {shown}
        ) as shown
    ) as explanations,
    (
        select count(*) from released.explanation as explanation
        where
            explanation.stat_month = month_in_force.stat_month
            and explanation.publication_id = month_in_force.publication_id
    ) as explanations_count
from {in_force} as month_in_force
inner join ops.release as release on month_in_force.release_id = release.release_id
left join {planned} as planned on month_in_force.stat_month = planned.stat_month
left join ops.revision as revision
    on
        month_in_force.stat_month = revision.stat_month
        and month_in_force.release_id = revision.release_id
"""

_EXPLANATIONS = """
select
    explanation.stat_month,
    explanation.area_code,
    explanation.area_level,
    explanation.area_name_zh,
    explanation.publication_id,
    month_in_force.release_id,
    explanation.check_id,
    explanation.severity,
    explanation.form_code,
    explanation.row_key,
    explanation.column_name,
    explanation.value,
    explanation.expected,
    explanation.reason,
    explanation.explained_by
from released.explanation as explanation
inner join {in_force} as month_in_force
    on
        explanation.stat_month = month_in_force.stat_month
        and explanation.publication_id = month_in_force.publication_id
"""
