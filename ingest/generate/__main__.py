"""`python -m ingest.generate`: write everything derived from the form definitions."""

from __future__ import annotations

import sys
from pathlib import Path

from ingest.generate.everything import generate

if __name__ == "__main__":
    project_root = Path(__file__).resolve().parents[2]
    paths = generate(project_root)
    sys.stderr.write(f"{len(paths)} generated files are up to date.\n")
