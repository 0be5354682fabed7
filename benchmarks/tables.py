"""What the paper and its repository published for one task on one dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.published import (
    COLUMNS,
    README,
    TABLE_1,
    TABLE_2,
    TABLE_3,
    Column,
    Published,
)


@dataclass(frozen=True)
class PublishedRow:
    """A published row, cut to the columns of one task.

    ``values`` are by metric, in the paper's units. ``prompt`` is the kind of prompt that the
    numbers were painted under (random, searched, learned, released), empty where there is none.
    ``main`` rows are about the released model; the others are the systems of Table 1.
    """

    table: str
    name: str
    group: str
    prompt: str
    values: Mapping[str, float] = field(hash=False)
    main: bool = True

    @property
    def title(self) -> str:
        """Name and place for people."""
        return (
            f"{self.name} ({self.table if self.table == README.table else f'Table {self.table}'})"
        )


def columns_for(task: str, data: str) -> tuple[Column, ...]:
    """The columns of a task on a dataset; empty when nothing was published for it."""
    return tuple(c for c in COLUMNS if (c.task, c.data) == (task, data))


def rows_for(task: str, data: str) -> list[PublishedRow]:
    """Every published row with a number for this task and data, empty when there is none.

    First random, searched, learned, separate training and the README's row; then the systems
    of Table 1. Painter's own rows of Tables 1 and 2 repeat the searched one and are left out.
    """
    own = [*TABLE_3, *(row for row in TABLE_2 if not row.prompt), README]
    systems = [row for row in TABLE_1 if not row.prompt]
    made = [(row, True) for row in own] + [(row, False) for row in systems]
    cut = (_cut(row, task, data, main) for row, main in made)
    return [row for row in cut if row.values]


def _cut(row: Published, task: str, data: str, main: bool) -> PublishedRow:
    values = {
        column.metric: cell
        for column, cell in zip(COLUMNS, row.cells, strict=True)
        if (column.task, column.data) == (task, data) and cell is not None
    }
    return PublishedRow(row.table, row.name, row.group, row.prompt, values, main)
