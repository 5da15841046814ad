"""Value coverage: how much of last year's money the units that reported stood for."""

from __future__ import annotations

from expectations.model import Scope
from expectations.returns import returns_query


def value_coverage_query(scope: Scope) -> str:
    """Return one row: money issued by the same month of last year, of those due and covered.

    Null (no opinion) where last year's month is not in the warehouse. Excused units are due
    here: it is for their sake that the question is asked.
    """
    last_year = scope.month.shift(-12).first_day
    return (
        f"with unit as (select * from ({returns_query(scope)}) as returns"
        " where form_code = 'FP-02'),"
        " money as (select unit.area_code, unit.accepted, sum(fact.issued_yuan_ytd) as yuan"
        " from unit join core.fct_fund_monthly as fact on fact.filing_unit_code = unit.area_code"
        f" and fact.stat_month = date '{last_year}' group by unit.area_code, unit.accepted)"
        " select sum(yuan) filter (where accepted) as covered_yuan, sum(yuan) as due_yuan,"
        " cast(round(100 * coalesce(sum(yuan) filter (where accepted), 0)"
        " / nullif(sum(yuan), 0), 2) as numeric(9, 2)) as value_coverage_pct from money"
    )
