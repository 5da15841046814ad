"""The first part: the commands and the server are killed over a story of months."""

from __future__ import annotations

import random
from pathlib import Path

from tests.torture.home import Home
from tests.torture.invariants import publications
from tests.torture.kills import Kill, plan_kills
from tests.torture.quota import quota
from tests.torture.report import Report, console
from tests.torture.run import BrokenInvariantError, Torture, differences, live_undisturbed
from tests.torture.story import Story
from warehouse.settings import Settings

MONTHS = 5
LEAST_ROUNDS = 3


def torture_commands(
    folder: Path,
    kills: int,
    chance: random.Random,
    report: Report,
    *,
    months: int = MONTHS,
    minutes: float = 60,
    calm: Settings | None = None,
) -> None:
    """Kill so often while a county reports; end with the rows of an undisturbed run.

    That run is made in a home of its own, or in the empty warehouse given as `calm`.
    """
    folder.mkdir(parents=True)
    story = Story(folder / "story", months)
    tortured, undisturbed = Home(folder / "tortured"), Home(folder / "calm")
    settings = calm or Settings(home=undisturbed.folder)
    if calm is not None and calm.database_url is not None:
        undisturbed = Home(calm.home, url=calm.database_url.get_secret_value())
    wanted = quota(kills)
    planned: dict[str, list[Kill]] = {command: [] for command in wanted}
    for kill in plan_kills(chance, wanted):
        planned[kill.command].append(kill)
    run = Torture(tortured, story, planned, chance, report.struck)
    try:
        tortured.prepare(story)
        run.run(min(LEAST_ROUNDS, months), minutes * 60)
        report.note(
            rounds=run.rounds,
            kills_left_over=run.left,
            outcomes=dict(run.outcomes),
            signatures=tortured.query("select count(*) from ops.signature")[0][0],
            receipts=len(tortured.receipts),
            publications=len(publications(tortured)),
        )
        console.print(f"undisturbed: {run.rounds} rounds", highlight=False)
        undisturbed.prepare(story)
        live_undisturbed(settings, undisturbed, story, run.rounds)
        found = differences(tortured, undisturbed)
    finally:
        tortured.stop()
        undisturbed.stop()
    if found:
        report.note(end_state="different")
        raise BrokenInvariantError("mixed: the end differs:\n" + "\n".join(found))
    report.note(end_state="byte-identical")
