"""What a model cannot do, in sentences made from its tables: for the page and the model card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.abilities.bars import SWITCHING, Bar
from benchmarks.abilities.contrast import Contrast, metric_name
from benchmarks.abilities.reading import AGAINST, BASE
from benchmarks.abilities.shapes import ShapeRow
from benchmarks.abilities.switch import SAME_QUERY
from painter_kit.training.switching import Switching

Switchings = Mapping[str, Mapping[str, Switching]]

OFTEN = 0.05  # of the pictures: more that restoration makes worse are a limit


def limits(
    bars: Sequence[Bar],
    switching: Switchings,
    reading: Sequence[Contrast],
    unseen: Sequence[Contrast],
    shapes: Sequence[ShapeRow],
) -> list[str]:
    """A sentence per limit that the tables show."""
    return [
        *_of_restoration(bars),
        *_of_switching(switching),
        *_of_codings(reading),
        *_of_shapes(shapes),
        *_of_gains((*reading, *unseen)),
        *_of_plain(unseen),
    ]


def _of_restoration(bars: Sequence[Bar]) -> Iterator[str]:
    """Pictures that had better been left alone."""
    for bar in bars:
        if bar.worsened is not None and bar.worsened > OFTEN:
            yield (
                f"{bar.name}: {bar.worsened:.0%} of the pictures are painted worse than they were. "
                "In training a query is corrupted as strongly as its prompt, here each has a "
                "strength of its own."
            )


def _of_switching(switching: Switchings) -> Iterator[str]:
    """Prompted tasks that the same corrupted picture hides."""
    for name, editions in switching.items():
        found = editions[SAME_QUERY]
        low = {task: share for task, share in found.shares.items() if share < SWITCHING}
        if low:
            listed = ", ".join(f"{task} {share:.0%}" for task, share in low.items())
            yield (
                f"{name}, all prompts on the same corrupted picture: less than {SWITCHING:.0%} of "
                f"the outputs are of the prompted task under prompts of {listed}."
            )


def _of_codings(reading: Sequence[Contrast]) -> Iterator[str]:
    """What a coding costs that is not the paper's."""
    rows = {row.ability: row for row in reading}
    for name in [row.spec.task for row in reading if row.ability.endswith(BASE)]:
        if rows[f"{name}, {BASE}"].spec.classes:
            continue  # of shapes that the prompt shows, below
        values = [f"{rows[f'{name}, {c}'].right.value:.3f} in {c}" for c in AGAINST]
        yield f"{name}, {metric_name(rows[f'{name}, {BASE}'].spec)}: {', '.join(values)}."


def _of_shapes(shapes: Sequence[ShapeRow]) -> Iterator[str]:
    """Naming of shapes that the prompt shows, whatever the coding or the category."""
    base = {row.ability.split(",")[0]: row for row in shapes if row.ability.endswith(BASE)}
    for row in shapes:
        usual = base.get(row.ability.split(",")[0], row)
        share = row.shown.value / usual.shown.value if usual.shown.value > 0 else 1.0
        compared = "" if usual is row else f", {share:.0%} of what it is in {BASE},"
        yield (
            f"{row.ability}: mean IoU {row.shown.value:.3f} of the shapes that the prompt shows"
            f"{compared or ','} {row.alone.value:.3f} of all shapes ({row.everything.value:.3f} "
            "with wall and floor)."
        )


def _of_gains(rows: Sequence[Contrast]) -> Iterator[str]:
    for row in rows:
        if not row.gain.low > 0:
            yield (
                f"{row.ability}: no evidence that the right prompt is better than the "
                f"{row.against} ({metric_name(row.spec)} {row.right.value:.3f} and "
                f"{row.other.value:.3f})."
            )


def _of_plain(unseen: Sequence[Contrast]) -> Iterator[str]:
    for row in {row.ability: row for row in unseen}.values():
        plain = row.no_model
        if plain is None or plain.gain.low > 0:
            continue
        how = "worse than" if plain.gain.high < 0 else "no evidence of being better than"
        yield (
            f"{row.ability}: {how} an answer without a model, {plain.name} "
            f"({metric_name(row.spec)} {row.right.value:.3f} and {plain.value.value:.3f})."
        )
