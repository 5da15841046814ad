"""What a run came to: a JSON report written as it goes, a table, and the figures of the docs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.torture.kills import Kill, name_of_point

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures, written by make torture -->", "<!-- end of figures -->"
CLASSES = ("lost", "doubled", "mixed", "partial")
console = Console(width=150)


@dataclass
class Report:
    """The report of one run; `path` is rewritten after every kill."""

    path: Path
    seed: int
    wanted: int
    began: float = field(default_factory=time.monotonic)
    kills: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = {
            "seed": self.seed,
            "commit": _git("rev-parse", "--short", "HEAD"),
            "changed_files": len(_git("status", "--porcelain", "-uno").splitlines()),
            "begun": datetime.now().astimezone().isoformat(timespec="seconds"),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores,"
            f" {_memory_gb()} GB, Python {platform.python_version()}",
            "violations": [],
            "finished": False,
        }

    def struck(self, kill: Kill) -> None:
        """Take a kill up and say it in one line."""
        self.kills.append({**kill.as_json(), "hit": name_of_point(kill)})
        console.print(
            f"[dim]{self.seconds:6.0f} s[/dim] {len(self.kills):3}/{self.wanted}"
            f" {kill.victim:10} {kill.step:32} at {kill.elapsed_share:4.2f} {name_of_point(kill)}",
            highlight=False,
        )
        self.write()

    def note(self, **facts: Any) -> None:
        """Add facts and write the report."""
        self.facts.update(facts)
        self.write()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def counts(self) -> dict[str, int]:
        """Return how many violations of each class there were."""
        found = Counter(
            word for text in self.facts["violations"] for word in CLASSES if f"{word}:" in text
        )
        return {word: found[word] for word in CLASSES}

    def write(self) -> None:
        """Write the report whole."""
        self.facts["seconds"] = round(self.seconds)
        whole = {**self.facts, "counts": self.counts(), "kills": self.kills}
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(whole, ensure_ascii=False, indent=1, default=str))
        draft.replace(self.path)

    def print(self) -> None:
        """Print what was killed how often, and what came of it."""
        table = Table(title="Kills", title_justify="left", header_style="bold")
        victims = sorted({kill["victim"] for kill in self.kills})
        for column in ("command", *victims, "all", "distinct points"):
            table.add_column(column, justify="left" if column == "command" else "right")
        for command, line in _by_command(self.kills, victims).items():
            table.add_row(command, *map(str, line))
        console.print(table)
        console.print(
            f"{len(self.kills)} kills in {self.seconds:.0f} s, seed {self.seed}; "
            + ", ".join(f"{word} {count}" for word, count in self.counts().items()),
            highlight=False,
        )


def _by_command(kills: list[dict[str, Any]], victims: list[str]) -> dict[str, list[int]]:
    lines: dict[str, list[int]] = {}
    for command in [*dict.fromkeys(sorted(kill["command"] for kill in kills)), "all"]:
        chosen = [kill for kill in kills if command in (kill["command"], "all")]
        counts = [sum(kill["victim"] == victim for kill in chosen) for victim in victims]
        lines[command] = [*counts, len(chosen), len({kill["hit"] for kill in chosen})]
    return lines


def write_document(report: Path, document: Path = DOCUMENT) -> None:
    """Replace the figures in `docs/reliability.md` by those of a report."""
    whole = json.loads(report.read_text())
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{_figures(whole)}{END}{after}", encoding="utf-8")


def _figures(whole: dict[str, Any]) -> str:
    kills, victims = whole["kills"], sorted({kill["victim"] for kill in whole["kills"]})
    counts = whole["counts"]
    lines = [
        "| | |",
        "|---|---|",
        f"| kills that hit a running command, task or server | {len(kills)} |",
        f"| of them through the real scheduler | {whole.get('scheduler_kills', 0)} |",
        f"| distinct points hit | {len({kill['hit'] for kill in kills})} |",
        f"| acknowledged submissions | {whole.get('receipts', 0)}, lost {counts['lost']},"
        f" doubled {counts['doubled']} |",
        f"| publications | {whole.get('publications', 0)}, mixed {counts['mixed']},"
        f" partial {counts['partial']} |",
        f"| signatures | {whole.get('signatures', 0)} |",
        f"| published rows beside the undisturbed run | {whole.get('end_state', 'not compared')} |",
        f"| full disks | {whole.get('full_disk', 'not tried')} |",
        f"| duration | {whole['seconds'] / 60:.0f} minutes |",
        f"| machine | {whole['machine']} |",
        f"| seed, commit, date | {whole['seed']}, {whole['commit']}, {whole['begun'][:10]} |",
        "",
        f"| command | {' | '.join(victims)} | all | distinct points |",
        f"|---|{'---|' * (len(victims) + 2)}",
    ]
    for command, counts_of in _by_command(kills, victims).items():
        lines.append(f"| {command} | {' | '.join(map(str, counts_of))} |")
    lines += ["", "Points hit most often:", "", "| point | kills |", "|---|---|"]
    for point, count in Counter(kill["hit"] for kill in kills).most_common(20):
        lines.append(f"| {point.replace('|', '/')} | {count} |")
    return "\n".join(lines) + "\n"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
