"""Runs suites with Great Expectations, in the database.

Each batch is one query, put by the database into a temporary table of the session; all its
expectations come back as one row of counts (`BOOLEAN_ONLY`). Rows are named only for what
failed. The context lives in memory: nothing is written to disk and nobody is called.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy.exc import SQLAlchemyError

from expectations.model import Batch, Check, GateResult, Suite
from warehouse.database import Role, database_url
from warehouse.errors import GateError
from warehouse.faults import fault_in
from warehouse.settings import Settings

MAX_UNEXPECTED: Final = 50
_NAMED_IN_MESSAGE: Final = 5


def run_suites(
    settings: Settings, connection: psycopg.Connection, suites: Iterable[Suite]
) -> tuple[GateResult, ...]:
    """Run suites as the publisher and return one result for each check, in their order.

    `connection` counts what only an explanation lets pass. Raises `GateError` where an
    expectation could not be evaluated: that is a fault of ours, never a verdict; and
    `ServerError` where the database went away meanwhile.
    """
    import great_expectations as gx  # noqa: PLC0415 - the import costs seconds

    # It logs a failed statement with its traceback, and hands the same on in its results.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral", project_config=_context_config())
    url = database_url(settings, Role.publisher)
    source = context.data_sources.add_postgres(
        name="warehouse",
        connection_string=_plain(url.render_as_string(hide_password=False)),
        create_temp_table=True,
        kwargs={
            # One connection: a temporary table is seen by the session that made it.
            "pool_size": 1,
            "max_overflow": 0,
            "connect_args": {
                "application_name": "tmw gate",
                "options": f"-c timezone={settings.timezone}",
            },
        },
    )
    results: list[GateResult] = []
    try:
        for suite in suites:
            for batch in suite.batches:
                results.extend(_run_batch(gx, source, connection, suite.mart, batch))
    except (GateError, SQLAlchemyError) as error:
        if fault := fault_in(settings, error, "The gate did not end"):
            raise fault from error
        raise
    finally:
        source.get_execution_engine().close()  # has an engine of its own
        source.get_engine().dispose()
    return tuple(sorted(results, key=lambda result: result.check_id))


def _context_config() -> Any:
    """Return a context in memory: no docs site, no progress bars, no analytics."""
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )


def _run_batch(
    gx: Any, source: Any, connection: psycopg.Connection, mart: str, batch: Batch
) -> list[GateResult]:
    # A query asset has to begin with SELECT, also where the query begins with WITH.
    query = f"select * from ({batch.query}) as batch"
    asset = source.add_query_asset(name=f"{mart}.{batch.name}", query=query)
    data = asset.add_batch_definition_whole_table("candidate").get_batch()
    expectations = {check.check_id: _expectation(gx, check) for check in batch.checks}
    suite = gx.ExpectationSuite(name=f"{mart}.{batch.name}", expectations=expectations.values())
    outcome = data.validate(suite, result_format="BOOLEAN_ONLY")
    passed: dict[str, bool] = {}
    for result in outcome.results:
        _demand_evaluated(result, mart)
        passed[result.expectation_config.meta["check_id"]] = bool(result.success)
    results = []
    for check in batch.checks:
        explained = _count_explained(connection, batch, check)
        if passed[check.check_id]:
            observed: dict[str, Any] = {"unexpected": 0}
            unexpected: tuple[dict[str, Any], ...] = ()
        else:
            count, unexpected = _details(data, batch, expectations[check.check_id], mart)
            observed = {"unexpected": count}
        if check.explained_where is not None:
            observed["explained"] = explained
        results.append(_result(mart, check, passed[check.check_id], observed, unexpected))
    return results


def _expectation(gx: Any, check: Check) -> Any:
    kind = getattr(gx.expectations, check.expectation)
    return kind(**check.arguments, meta={"check_id": check.check_id})


def _details(
    data: Any, batch: Batch, expectation: Any, mart: str
) -> tuple[int, tuple[dict[str, Any], ...]]:
    result = data.validate(
        expectation,
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": list(batch.keys),
            "partial_unexpected_count": MAX_UNEXPECTED,
        },
    )
    _demand_evaluated(result, mart)
    rows = result.result.get("partial_unexpected_index_list") or []
    keys = [{name: _jsonable(row.get(name)) for name in batch.keys} for row in rows]
    keys.sort(key=lambda row: json.dumps(row, ensure_ascii=False, sort_keys=True))
    return int(result.result["unexpected_count"]), tuple(keys)


def _count_explained(connection: psycopg.Connection, batch: Batch, check: Check) -> int:
    if check.explained_where is None:
        return 0
    statement = sql.SQL("select count(*) from ({}) as batch where {}").format(
        sql.SQL(batch.query), sql.SQL(check.explained_where)
    )
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _result(
    mart: str,
    check: Check,
    success: bool,
    observed: dict[str, Any],
    unexpected: tuple[dict[str, Any], ...],
) -> GateResult:
    message_zh, message_en = check.message_zh, check.message_en
    if not success:
        message_zh += f"（{observed['unexpected']}）：" + _items(check.item_zh, unexpected, "；")
        message_en += f" ({observed['unexpected']}): " + _items(check.item_en, unexpected, "; ")
    return GateResult(
        mart=mart,
        check_id=check.check_id,
        severity=check.severity,
        success=success,
        explained=success and bool(observed.get("explained")),
        observed=observed,
        expected=check.expected,
        unexpected=unexpected,
        message_zh=message_zh,
        message_en=message_en,
        owner=check.owner,
        reason=check.reason,
    )


def _items(template: str, rows: tuple[dict[str, Any], ...], separator: str) -> str:
    named = [template.format_map(_shown(row)).strip() for row in rows[:_NAMED_IN_MESSAGE]]
    if len(rows) > _NAMED_IN_MESSAGE:
        named.append("…")
    return separator.join(named)


def _shown(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: "-" if value is None else str(value) for name, value in row.items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _demand_evaluated(result: Any, mart: str) -> None:
    """Raise where an expectation ended in an exception, which Great Expectations swallows."""
    info = result.exception_info or {}
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if record.get("raised_exception"):
            message = str(record.get("exception_message", "")).split("\n")[0]
            raise GateError(
                f"An expectation on mart_{mart} could not be evaluated: {message}.",
                remedy="Compare the suite with the mart's contract; see the log.",
            )


def _plain(url: str) -> str:
    """Keep Great Expectations from reading `$name` in a password as a variable."""
    return url.replace("$", r"\$")
