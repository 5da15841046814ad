"""Forms of Airflow that wait for a signer: where they are, and an answer by REST."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass

from cli.airflow_api import ENDED, AirflowApi
from warehouse.month import Month

DAG_ID, TASK_ID = "monthly_signature", "ask"


@dataclass(frozen=True)
class WaitingForm:
    """A form that waits for an answer, with what it says; `url` is its page."""

    run_id: str
    subject: str
    body: str
    url: str


def waiting_forms(api: AirflowApi, month: Month) -> list[WaitingForm]:
    """Return the forms of a month's signature that wait for an answer, the newest first."""
    found = []
    for run in api.runs(DAG_ID, str(month)):
        if run.state in ENDED:
            continue
        runs = f"/api/v2/dags/{DAG_ID}/dagRuns/{_quoted(run.run_id)}"
        answer = api.send("GET", f"{runs}/hitlDetails?response_received=false&state=deferred")
        page = f"{api.url}/dags/{DAG_ID}/runs/{_quoted(run.run_id)}/tasks/{TASK_ID}"
        found += [
            WaitingForm(run.run_id, item["subject"], item["body"], f"{page}/required_actions")
            for item in answer["hitl_details"]
        ]
    return found


def answer_form(api: AirflowApi, form: WaitingForm, *, approve: bool, reason: str) -> None:
    """Answer a form as the login of `api`."""
    task = f"taskInstances/{TASK_ID}/-1/hitlDetails"
    api.send(
        "PATCH",
        f"/api/v2/dags/{DAG_ID}/dagRuns/{_quoted(form.run_id)}/{task}",
        {
            "chosen_options": ["Approve" if approve else "Reject"],
            "params_input": {"reason": reason},
        },
    )


def _quoted(run_id: str) -> str:
    return urllib.parse.quote(run_id, safe="")
