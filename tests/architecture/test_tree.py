"""The tree keeps its promises: names, generated folders, nothing of one machine in the project."""

import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc"}
# A package index is named by whoever installs, never by us; nor is a folder of our machines.
INDEX_HOST = re.compile(r"\b(pypi|pythonhosted|npmjs|debian)\.(org|com)\b|/root/|/home/[a-z]+/")


def tracked_files() -> list[Path]:
    """Files that git tracks or would track."""
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_no_folder_or_module_without_a_job_in_its_name() -> None:
    files = tracked_files()
    assert len(files) > 100, "the list of tracked files is not to be believed"
    named = {part.removesuffix(".py") for file in files for part in file.relative_to(ROOT).parts}
    assert not named & FORBIDDEN_NAMES


def test_nothing_of_a_machine_or_of_a_package_index_in_the_project() -> None:
    this_file = Path(__file__).resolve()
    # Tests name the folder for temporary files, where a clone may well lie.
    is_temporary = ROOT.parent == Path(tempfile.gettempdir()).resolve()
    own_folder = f"{ROOT if is_temporary else ROOT.parent}/"
    hits = []
    for file in tracked_files():
        if file.suffix in {".xlsx", ".png"} or file == this_file:
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if INDEX_HOST.search(line) or own_folder in line:
                hits.append(f"{file.relative_to(ROOT)}:{number}: {line[:100]}")
    assert not hits, "\n".join(hits)


def test_generated_files_say_so_and_stand_apart() -> None:
    marked = []
    for file in tracked_files():
        if file.suffix not in {".sql", ".yml", ".md"} or "docs/adr" in file.as_posix():
            continue
        first = file.read_text(encoding="utf-8")[:400].lower()
        is_generated = "generated" in file.relative_to(ROOT).parts
        says_so = "make generate" in first
        if is_generated != says_so and (is_generated or "do not edit" in first):
            marked.append(str(file.relative_to(ROOT)))
    assert not marked


def test_long_files_are_split() -> None:
    long_files = {
        str(file.relative_to(ROOT)): count
        for file in tracked_files()
        if file.suffix in {".py", ".sql"} and "generated" not in file.parts
        for count in [len(file.read_text(encoding="utf-8").splitlines())]
        if count > 400
    }
    assert not long_files


def test_dags_are_short_and_hold_no_sql() -> None:
    files = sorted((ROOT / "dags").glob("*.py"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 120, file
        assert not re.search(r"\bselect\b.+\bfrom\b", text, re.IGNORECASE), file
