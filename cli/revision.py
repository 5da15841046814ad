"""Revise a month: build it and the months that show it, gate them, publish all of them or none.

The tasks of the scheduler call the same functions, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import AsJson, print_json, progress, result
from warehouse.locks import Progress, silent
from warehouse.month import Month
from warehouse.releases import ReleaseResult
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from expectations.model import GateVerdict

WAITS = 3
_FIT = ("ready", "published")


@dataclass(frozen=True)
class Revision:
    """What became of a month and its group: the verdict of each, and the release if all passed."""

    month: Month
    verdicts: dict[str, str]
    release: ReleaseResult | None

    @property
    def waiting(self) -> dict[str, str]:
        """Return the months the group waits for, with their verdicts."""
        return {month: state for month, state in self.verdicts.items() if state not in _FIT}

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw revise --json` prints."""
        return {
            "stat_month": str(self.month),
            "verdicts": self.verdicts,
            "waiting": self.waiting,
            "release": asdict(self.release) if self.release else None,
        }


def revise_month(settings: Settings, month: Month, report: Progress = silent) -> Revision:
    """Build, gate and publish a month and its group in one release; nothing if one of them waits.

    Every step may be repeated. Raises what `build_month`, `gate_month` and `publish` raise.
    """
    from warehouse.releases import publish

    group = build_group(settings, month, report)
    verdicts = gate_group(settings, group, report)
    states: dict[str, str] = {str(verdict.month): verdict.state for verdict in verdicts}
    fit = all(state in _FIT for state in states.values())
    return Revision(month, states, publish(settings, group) if fit else None)


def build_group(settings: Settings, month: Month, report: Progress = silent) -> list[Month]:
    """Build a month, then those of its group that no longer fit it; return the group.

    The answers of the units whose findings changed are written again.
    A month whose figures came out as readers see them is no longer in the group.
    """
    from ingest.feedback.answers import refresh_answers
    from warehouse.builds import build_month
    from warehouse.release_group import release_group
    from warehouse.reopened import stale_months

    build_month(settings, month, report)
    stale = set(stale_months(settings)) - {month}
    for member in release_group(settings, month):
        if member in stale:
            build_month(settings, member, report)
    group = release_group(settings, month)
    report(f"{month}: answers to the units")
    refresh_answers(settings, {month, *group})
    return group


def gate_group(
    settings: Settings, group: Sequence[Month], report: Progress = silent
) -> list[GateVerdict]:
    """Ask the gate about each month of a group; all of them are judged, also after a refusal."""
    from expectations.gate import gate_month

    verdicts = []
    for month in group:
        report(f"{month}: gate")
        verdicts.append(gate_month(settings, month))
    return verdicts


def what_holds(settings: Settings, group: Sequence[Month]) -> list[str]:
    """Return sentences: the state of each month of a group, and the returns each lacks."""
    from warehouse.status import month_status

    sentences = []
    for month in group:
        found = month_status(settings, month)
        shown = found.publication_id or "nothing"
        sentences.append(f"{month} is {found.build_state}; readers see {shown}")
        sentences += [
            f"{due.form_code} {due.area_code} is {due.state}"
            for due in found.returns
            if due.owed and not due.state.startswith("accepted")
        ]
    return sentences


def revise(
    month: Annotated[str, typer.Option("--month", help="Report month, YYYY-MM.")],
    as_json: AsJson = False,
) -> None:
    """Build, gate and publish a month with the published months that show it; all or none.

    Exit 3 when one of them is held or waits for a signature; none is published then.
    """
    stat_month = Month.parse(month)
    with progress.status(f"Revising {month}") as spinner:
        done = revise_month(load_settings(), stat_month, spinner.update)
    if as_json:
        print_json(done.as_json())
    elif done.release is None:
        for waiting, state in done.waiting.items():
            result.print(f"{waiting}: {state}; see `tmw gate --month {waiting}`")
        result.print(f"Nothing was published: {', '.join(done.verdicts)} are switched together.")
    elif done.release.release_id is None:
        result.print(f"{month}: nothing changed, no new release.")
    else:
        result.print(
            f"Release {done.release.release_id}: {', '.join(done.release.publication_ids)}"
        )
    if done.waiting:
        raise typer.Exit(WAITS)


COMMANDS: dict[str, Callable[..., Any]] = {"revise": revise}
