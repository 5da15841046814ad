"""A scheduler that lives and does nothing, as after the loss of its database."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from cli.airflow_api import AirflowApi
from cli.pulse import SILENT_SECONDS
from cli.stack import stack_status

if TYPE_CHECKING:
    from tests.integration.stack.conftest import Stack

pytestmark = [pytest.mark.scheduler, pytest.mark.long]
AIRFLOW_SECONDS = 30  # without a heartbeat for so long Airflow calls a component unhealthy


def test_it_is_started_again(stack: Stack) -> None:
    first = _scheduler(stack)
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    stack.wait_for(
        "another scheduler",
        lambda: (_scheduler(stack) not in (first, None) and _works(stack)) or None,
        AIRFLOW_SECONDS + SILENT_SECONDS + 120,
    )
    log = (stack.settings.log_dir / "supervisor.log").read_text(encoding="utf-8")
    assert "scheduler lives, but gave no sign of work" in log


def _scheduler(stack: Stack) -> int | None:
    parts = {part.name: part.pid for part in stack_status(stack.settings).components}
    return parts["scheduler"]


def _works(stack: Stack) -> bool:
    return AirflowApi(stack.settings).health().get("scheduler") == "healthy"
