"""Groups of fund sources, and what the codes of totals cover."""

from __future__ import annotations

GROUPS = {
    "fiscal": ["10", "11", "12", "13", "14", "15"],
    "integrated": ["21", "29"],
    "credit": ["31"],
    "social": ["41", "42", "43", "44"],
    "self_raised": ["51", "52"],
}
GROUP_OF = {source: group for group, sources in GROUPS.items() for source in sources}
COVERS = {
    "00": sorted(GROUP_OF),
    "19": GROUPS["fiscal"],
    "49": ["41", "42"],
}
INDUSTRY = ["04", "05", "06", "07", "08"]
