"""The story under kills: every command killed as planned, run again, and everything checked."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.torture.home import WAITS, Ended, Home
from tests.torture.invariants import Known, differences_in_rows, publications, violations
from tests.torture.kills import SERVER, Kill, strike, wait_until_gone
from tests.torture.story import SIGNER, Step, Story
from warehouse.settings import Settings

USUAL = {"submit": 0.6, "receive": 3.0, "build": 8.0, "gate": 8.0, "publish": 1.0}
NOTICED_SECONDS = 0.3
AT_ONCE = 3  # kills of one step at most, then it may end
TIMES = {"receive": 3}  # so many times that: a round has one, not one for each month
FINE = {"receive": (0, 1), "gate": (0, WAITS), "publish": (0, WAITS)}
MAY_SAY = (0, 1, WAITS, 4)  # after a kill of something else than the command itself


class BrokenInvariantError(AssertionError):
    """Something does not hold; the text lists what."""


@dataclass
class Torture:
    """A run: its planned kills by command, those struck, and how long commands usually take."""

    home: Home
    story: Story
    planned: dict[str, list[Kill]]
    chance: random.Random
    report: Callable[[Kill], None]
    known: Known = field(default_factory=Known)
    struck: list[Kill] = field(default_factory=list)
    usual: dict[str, float] = field(default_factory=lambda: dict(USUAL))
    rounds: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)  # of commands that ended by themselves

    @property
    def left(self) -> int:
        return sum(len(kills) for kills in self.planned.values())

    def run(self, least_rounds: int, seconds: float) -> None:
        """Live through rounds of the story until every planned kill was struck, or for so long."""
        until = time.monotonic() + seconds
        while (self.left and time.monotonic() < until) or self.rounds < least_rounds:
            steps = self.story.round(self.rounds)
            for step in steps:
                for sent in step.files:
                    self.known.add(sent)
            for step in steps:
                self._step(step, quiet=self.rounds == 0)
            self.rounds += 1

    def _step(self, step: Step, *, quiet: bool) -> None:
        for kill in [] if quiet else self._kills_for(step):
            ended = self._strike(step, kill)
            if not kill.counted:
                self.planned[step.command].append(kill)
                self._require_fine(step, ended)
                return
        ended = self.home.run(*self.home.arguments(step))
        self._require_fine(step, ended)
        self.usual[step.command] = (self.usual[step.command] + ended.seconds) / 2

    def _kills_for(self, step: Step) -> Iterator[Kill]:
        waiting = self.planned[step.command]
        most = AT_ONCE * TIMES.get(step.command, 1)
        for _ in range(min(len(waiting), self.chance.randint(1, most))):
            yield waiting.pop(0)

    def _strike(self, step: Step, kill: Kill) -> Ended:
        kill.step, kill.number = f"round {self.rounds}, {step}", len(self.struck) + 1
        arguments = self.home.arguments(step)
        ended = strike(self.home, arguments, kill, self.usual[step.command], self.chance)
        if not kill.counted:
            return ended
        self.struck.append(kill)
        self.home.note(step, ended)
        if kill.victim == "postmaster":
            self.home.must("db", "start")
        self.home.wait_for_server()
        if kill.victim in SERVER:  # it answers once more before it notices the loss of a backend
            time.sleep(NOTICED_SECONDS)
            self.home.wait_for_server()
        trouble = [f"left behind: {what}" for what in wait_until_gone(self.home, kill.family)]
        if kill.victim in SERVER or kill.victim == "child":
            trouble += _judge_words(kill)
        self.report(kill)
        self._check(kill, trouble, inbox_taken=False)
        return ended

    def _require_fine(self, step: Step, ended: Ended) -> None:
        if ended.code not in FINE.get(step.command, (0,)):
            raise BrokenInvariantError(f"{step} ended {ended.code}: {ended.errors[-2000:]}")
        self.outcomes[f"{step.command} {ended.code}"] += 1
        self.home.note(step, ended)
        self._check(None, [], inbox_taken=step.command == "receive")

    def _check(self, kill: Kill | None, trouble: list[str], *, inbox_taken: bool) -> None:
        found = [*trouble, *violations(self.home, self.known, inbox_taken=inbox_taken)]
        if found:
            where = f"kill {kill.number} ({kill.step})" if kill else "an undisturbed command"
            raise BrokenInvariantError(f"after {where}:\n" + "\n".join(found))


def _judge_words(kill: Kill) -> list[str]:
    """A command whose server or child was killed ends by itself, with one line and no traceback."""
    trouble = []
    if kill.exit_code not in MAY_SAY:
        trouble.append(f"{kill.step} ended {kill.exit_code} after a kill of the {kill.victim}")
    if "Traceback" in kill.said or (kill.exit_code == 4 and "tmw:" not in kill.said):
        trouble.append(f"{kill.step} said: {kill.said}")
    return trouble


def live_undisturbed(settings: Settings, home: Home, story: Story, rounds: int) -> None:
    """Live through the same rounds without a kill, in this process: the functions behind `tmw`."""
    from expectations.gate import gate_month
    from ingest.landing import submit_file
    from ingest.receive import receive_inbox
    from warehouse.builds import build_month
    from warehouse.errors import MonthHeldError
    from warehouse.releases import publish

    for number in range(rounds):
        for step in story.round(number):
            match step.command:
                case "submit":
                    for sent in step.files:
                        submit_file(settings, sent.path, step.received_at)
                case "receive":
                    receive_inbox(settings)
                case "build":
                    build_month(settings, step.month)
                case "gate":
                    gate_month(settings, step.month)
                case "publish":
                    waits = home.state(step) == "waiting_signature"
                    signature = (
                        {"signed_by": SIGNER, "reason": "核实无误 verified"} if waits else {}
                    )
                    try:
                        publish(settings, [step.month], **signature)
                    except MonthHeldError:
                        continue


def differences(tortured: Home, calm: Home) -> list[str]:
    """Return where two homes differ: in published rows, or in how often something was published."""
    found = differences_in_rows(tortured, calm)
    extra = set(publications(tortured)) ^ set(publications(calm))
    if extra:
        found.append(f"publications differ: {sorted(extra)}")
    return found
