"""The form in which a signer answers, and what ends it when nobody has to answer any more.

Loaded through Airflow's plugins folder, the one place of ours on the triggerer's import path.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time.hitl import update_hitl_detail_response
from airflow.sdk.timezone import utcnow
from airflow.triggers.base import TriggerEvent
from asgiref.sync import sync_to_async

ANSWER = "answer"
LOOK_SECONDS = 2.0


class SignatureForm(ApprovalOperator):
    """Asks for a signature until an answer, the time-out, or the end of the request.

    `request_task` is the task that returned the request's id. No answer in time is a refusal.
    """

    def __init__(self, *, request_task: str, **arguments: Any) -> None:
        super().__init__(defaults=self.REJECT, **arguments)
        self.request_task = request_task

    def execute(self, context: Any) -> Any:
        """Show the form; wait for an answer, the time-out, or the end of the request."""
        from warehouse.settings import load_settings

        try:
            super().execute(context)
        except TaskAwaitingInput:  # that state knows nothing of our ledger
            trigger = SignatureTrigger(
                ti_id=context["task_instance"].id,
                options=self.options,
                params=self.serialized_params,
                defaults=self.defaults,
                timeout_datetime=utcnow() + timedelta(days=load_settings().signature_days),
                request_id=self._request_id(context),
            )
            self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Keep the answer for the tasks after this one: of a refusal Airflow keeps no result."""
        kept = ("chosen_options", "params_input", "responded_by_user")
        context["ti"].xcom_push(key=ANSWER, value={name: event[name] for name in kept})
        return super().execute_complete(context, event)

    def _request_id(self, context: Any) -> int:
        return int(context["ti"].xcom_pull(task_ids=self.request_task))


class SignatureTrigger(HITLTrigger):
    """Waits for the answer; ends the form as not approved when the request is over without one."""

    def __init__(self, *, request_id: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.request_id = request_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how to make this trigger again."""
        _, arguments = super().serialize()
        return ("signature_form.SignatureTrigger", {**arguments, "request_id": self.request_id})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look at the answer and at the ledger until either has something to say."""
        from warehouse.settings import load_settings
        from warehouse.signature_requests import end_if_over

        settings = load_settings()
        answered = asyncio.ensure_future(anext(aiter(super().run())))
        while not (await asyncio.wait({answered}, timeout=LOOK_SECONDS))[0]:
            outcome = await asyncio.to_thread(end_if_over, settings, self.request_id)
            if outcome is not None:
                self.log.info("Request %s is over: %s", self.request_id, outcome)
                answered.cancel()
                yield await self._end_form()
                return
        yield answered.result()

    async def _end_form(self) -> TriggerEvent:
        chosen = {"chosen_options": [ApprovalOperator.REJECT], "params_input": {}}
        await sync_to_async(update_hitl_detail_response)(ti_id=self.ti_id, **chosen)
        return TriggerEvent({**chosen, "responded_at": utcnow(), "responded_by_user": None})


def answer_of(event: dict[str, Any]) -> Any:
    """Return our record of what Airflow says was answered, and by whom."""
    from warehouse.signature_answers import Answer

    user = event["responded_by_user"]
    return Answer(
        approved=event["chosen_options"] == [ApprovalOperator.APPROVE],
        airflow_user=user["id"] if user else None,
        reason=str((event["params_input"] or {}).get("reason") or ""),
    )
