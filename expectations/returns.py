"""Who owes a return in a month, and what became of it."""

from __future__ import annotations

from expectations.model import Scope

_STATE_ZH = (
    "case coalesce(latest.state, '') when '' then '未收到' when 'rejected' then '未通过审核'"
    " when 'unreadable' then '无法读取' when 'returned' then '已退回'"
    " when 'withdrawn' then '已撤回' else '未受理' end"
)


def returns_query(scope: Scope) -> str:
    """Return the query of all returns due in the month, excused ones included.

    One row for each unit and form of `core.fct_return_monthly`, with the latest file received
    for it and the errors found in that file, so that a missing return names what the township
    was told.
    """
    first, last = scope.month.first_day, scope.month.last_day
    return (
        "with due as (select filing_unit_code as area_code, form_code, is_accepted as accepted,"
        " is_excused as excused from core.fct_return_monthly"
        f" where stat_month = date '{first}' and (is_expected or is_excused)),"
        " area as (select distinct on (area_code) area_code, name_zh from ops.area"
        f" where valid_from <= date '{last}' order by area_code, valid_from desc),"
        " latest as (select distinct on (area_code, form_code) area_code, form_code,"
        " submission_id, file_name, state from ops.submission"
        f" where stat_month = date '{first}'"
        " order by area_code, form_code, version desc nulls last, received_at desc,"
        " submission_id desc),"
        " told as (select finding.submission_id, string_agg(finding.check_id || ' '"
        " || finding.message_zh, '；' order by finding.finding_id) as errors_zh,"
        " string_agg(finding.check_id || ' ' || finding.message_en, '; '"
        " order by finding.finding_id) as errors_en from ops.finding as finding"
        " join latest using (submission_id) where finding.severity = 'error'"
        " group by finding.submission_id)"
        " select due.area_code, area.name_zh as area_name_zh, due.form_code, due.accepted,"
        " due.excused, coalesce(latest.state, 'not received') as last_state,"
        f" {_STATE_ZH} as last_state_zh,"
        " latest.file_name as last_file, coalesce(told.errors_zh, '') as errors_zh,"
        " coalesce(told.errors_en, '') as errors_en"
        " from due left join area using (area_code)"
        " left join latest using (area_code, form_code)"
        " left join told using (submission_id)"
    )
