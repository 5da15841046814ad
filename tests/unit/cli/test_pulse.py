"""Who is silent, since when, and for how long that is borne."""

from __future__ import annotations

from cli.pulse import ASK_SECONDS, SILENT_SECONDS, Pulse

WELL = dict.fromkeys(("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy")


class Page:
    """Airflow's health page: what it shows, and how often it was asked."""

    def __init__(self, shown: dict[str, str]) -> None:
        self.shown = shown
        self.asked = 0

    def __call__(self) -> dict[str, str]:
        self.asked += 1
        return self.shown


def lost_after(pulse: Pulse, name: str, begin: float, seconds: float) -> bool:
    """Feel the pulse once a second for so long; tell whether the component is lost then."""
    for second in range(int(seconds) + 1):
        pulse.feel(begin + second)
    return pulse.is_lost(name, 0.0, begin + seconds)


def test_a_component_is_lost_after_a_while_without_a_heartbeat() -> None:
    for part, name in (("scheduler", "scheduler"), ("dag_processor", "dag-processor")):
        pulse = Pulse(Page(WELL | {part: "unhealthy"}))
        assert not lost_after(pulse, name, 1000.0, SILENT_SECONDS - 1)
        assert lost_after(pulse, name, 1000.0, SILENT_SECONDS)
        assert not pulse.is_lost("triggerer", 0.0, 9000.0)


def test_a_heartbeat_begins_it_anew() -> None:
    page = Page(WELL | {"triggerer": "unhealthy"})
    pulse = Pulse(page)
    lost_after(pulse, "triggerer", 1000.0, SILENT_SECONDS - ASK_SECONDS)
    page.shown = WELL
    pulse.feel(1000.0 + SILENT_SECONDS)
    page.shown = WELL | {"triggerer": "unhealthy"}
    assert not lost_after(pulse, "triggerer", 1100.0 + SILENT_SECONDS, SILENT_SECONDS - 1)


def test_one_that_was_just_started_has_time() -> None:
    pulse = Pulse(Page(WELL | {"scheduler": "unhealthy"}))
    lost_after(pulse, "scheduler", 1000.0, 500.0)
    assert not pulse.is_lost("scheduler", 1450.0, 1500.0)
    assert pulse.is_lost("scheduler", 1450.0, 1450.0 + SILENT_SECONDS)


def test_without_an_answer_it_is_the_api_server_and_nothing_is_known_of_the_others() -> None:
    page = Page({})
    pulse = Pulse(page)
    assert lost_after(pulse, "api-server", 1000.0, SILENT_SECONDS)
    assert not pulse.is_lost("scheduler", 0.0, 9000.0)
    page.shown = WELL
    pulse.feel(2000.0)
    assert not pulse.is_lost("api-server", 0.0, 2000.0)


def test_without_a_database_nobody_is_blamed() -> None:
    shown = WELL | {"metadatabase": "unhealthy", "scheduler": "unhealthy"}
    assert not lost_after(Pulse(Page(shown)), "scheduler", 1000.0, 500.0)


def test_it_is_asked_now_and_then() -> None:
    page = Page(WELL)
    lost_after(Pulse(page), "scheduler", 1000.0, ASK_SECONDS * 3)
    assert page.asked == 4
