"""What a view for readers is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import sql


@dataclass(frozen=True)
class PublishedView:
    """A view for readers: its name, its query, and what is said about it and its columns."""

    name: str
    query: sql.Composable
    description: str
    comments: Mapping[str, str] = field(default_factory=dict)
