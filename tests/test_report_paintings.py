from dataclasses import replace

import numpy as np
import pytest

from painter_kit.evaluation.levels import from_levels, to_levels
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import load_prompt
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter
from painter_kit.report.paintings import Counts, Paintings
from painter_kit.report.source import measured_examples, open_source
from tests import report_toys

made = report_toys.made


def test_missing_then_painted_then_kept(made: report_toys.Made):
    run = made.run("tuned")
    row, learned = run.rows[0], load_prompt(run.path / "learned")
    # A prompt that no other test has had painted under.
    pair = replace(learned.pair, image=learned.pair.image ^ np.uint8(1))  # pyright: ignore
    prompt = replace(learned, pair=pair)  # pyright: ignore
    with Store(made.folder / "store") as store:
        source = open_source(run, row, made.access, store)
        shown = [measured_examples(source, run, row)[i] for i in range(2)]
        before = Paintings(source, repaint=False)
        assert before.of(prompt, shown) == [None, None]
        assert before.counts == Counts(missing=2)

        painting = open_source(run, row, replace(made.access, repaint=True), store)
        fresh = Paintings(painting, repaint=True)
        painted = fresh.of(prompt, shown)
        assert fresh.counts == Counts(repainted=2)
        predictor = Predictor(load_painter(made.folder / "tiny.safetensors"), source.batch)
        images = [shown[i % 2].image for i in (0, 1, 1, 1)]  # filled up to the batch
        direct = predictor.pictures(prompt, images, source.spec)  # pyright: ignore
        for i in range(2):
            assert np.array_equal(painted[i], from_levels(to_levels(direct[i])))  # pyright: ignore

        after = Paintings(source, repaint=False)
        kept = after.of(prompt, shown)
        assert after.counts == Counts(kept=2)
        assert all(np.array_equal(a, b) for a, b in zip(kept, painted, strict=True))  # pyright: ignore


def test_pictures_that_an_evaluation_kept(made: report_toys.Made):
    out = made.folder / "painted"
    result = made.call(
        "evaluate", *report_toys.SETS, "--prompt", "random:5", "--keep-painted", "--out", str(out)
    )
    assert result.exit_code == 0, result.stderr
    run = made.run("painted")
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], made.access, store)
        examples = measured_examples(source, run, run.rows[0])
        paintings = Paintings(source, False, out / "predictions" / "depth" / "painted")
        (output,) = paintings.of(load_prompt(out / "prompts" / "depth"), [examples[0]])
    assert paintings.counts == Counts(kept=1)
    assert np.asarray(output).shape == examples[0].image.shape


def test_a_task_with_parts_needs_a_prompt_of_parts(made: report_toys.Made):
    from painter_kit.data.base import open_dataset
    from painter_kit.errors import InputError
    from painter_kit.tasks.base import get_task

    run = made.run("one")
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], made.access, store)
        spec = open_dataset("world").spec("panoptic")
        parted = replace(source, task=get_task("panoptic"), spec=spec)
        with pytest.raises(InputError, match="has no parts"):
            Paintings(parted, False).of(load_prompt(run.path / "prompts" / "depth"), [])
