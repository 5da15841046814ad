"""Asks a signer whether a month with warnings may be published, and acts upon the answer.

A run of its own for each question, so that a month that waits keeps no other from its build.
The form is over when it is answered, when its time is up, when a newer build has taken the
place of what it names, and when somebody has signed with `tmw publish --sign`.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, PartitionedAssetTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from dag_settings import DAG_SETTINGS, signature_due
from month_graph import run_month
from signature_form import ANSWER, SignatureForm, answer_of

log = logging.getLogger(__name__)


def form_text(request_id: int, part: str) -> str:
    """Return the headline or the text of the form of a request."""
    from expectations.signature_form import signature_form
    from warehouse.settings import load_settings

    return str(getattr(signature_form(load_settings(), request_id), part))


with DAG(
    "monthly_signature",
    description="A month with warnings waits for a signature",
    schedule=PartitionedAssetTimetable(assets=signature_due),
    doc_md=__doc__,
    user_defined_macros={"form_text": form_text},
    **{**DAG_SETTINGS, "max_active_runs": 200},
):

    @task
    def open_form() -> int:
        """Return the open request of the run's month."""
        from warehouse.settings import load_settings
        from warehouse.signature_requests import current_request

        request_id = current_request(load_settings(), run_month())
        if request_id is None:
            raise AirflowSkipException(f"{run_month()} waits for no signature any more.")
        return request_id

    @task(trigger_rule="none_failed")
    def act_on_answer() -> str:
        """Publish what was approved, hold what was refused; say what became of the request."""
        from warehouse.settings import load_settings
        from warehouse.signature_answers import carry_out, objection

        ti = get_current_context()["ti"]
        request_id: Any = ti.xcom_pull(task_ids="open_form")
        if request_id is None:
            raise AirflowSkipException("Nothing was asked.")
        settings, answer = load_settings(), answer_of(ti.xcom_pull(task_ids="ask", key=ANSWER))
        if sentence := objection(settings, request_id, answer):
            log.warning("%s", sentence)
            return "open"
        ending = carry_out(settings, request_id, answer)
        log.info("Request %s of %s: %s", request_id, run_month(), ending)
        return ending.outcome

    @task(outlets=[signature_due])
    def ask_again(outcome: str, *, outlet_events: Any) -> None:
        """Show the form anew after an answer that did not count; it then says why."""
        if outcome != "open":
            raise AirflowSkipException(f"The request is {outcome}.")
        outlet_events[signature_due].add_partitions([str(run_month())])

    reason = Param("", type=["string", "null"], title="理由 Reason", description="签发时必填")
    ask = SignatureForm(
        task_id="ask",
        request_task="open_form",
        subject="{{ form_text(ti.xcom_pull(task_ids='open_form'), 'subject') }}",
        body="{{ form_text(ti.xcom_pull(task_ids='open_form'), 'body') }}",
        params={"reason": reason},
    )
    # skipped after a refusal, which is then acted upon too
    outcome = act_on_answer()
    open_form() >> ask >> EmptyOperator(task_id="approved") >> outcome
    ask_again(outcome)
