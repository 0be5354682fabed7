"""Where tuning may start."""

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.panel import draw_panel
from prompt_search.candidates import make_candidates
from prompt_tuning.starts import make_start
from tests.tuning_toys import INVERT, SPEC, splits


@pytest.fixture
def candidates():
    return make_candidates(INVERT, SPEC, splits().pool)


def test_random_is_the_panels_first(candidates):
    start = make_start("random", candidates, 3)
    expected = candidates.prompt(draw_panel(candidates.ids, 1, 3)[0])
    assert start.digest == expected.digest
    assert start.kind == "random"


def test_mean_averages_pictures_and_targets(candidates):
    start = make_start("mean", candidates, 0)
    images = [candidates.examples[i].image for i in candidates.indices]
    targets = [candidates.examples[i].truth["picture"] for i in candidates.indices]
    np.testing.assert_array_equal(start.pair.image, np.rint(np.mean(images, axis=0)))
    np.testing.assert_array_equal(start.pair.target, np.rint(np.mean(targets, axis=0)))
    assert start.provenance["init"] == "mean"
    assert start.spec_digest == SPEC.digest


def test_grey_is_flat(candidates):
    start = make_start("grey", candidates, 0)
    assert np.unique(start.pair.image).tolist() == np.unique(start.pair.target).tolist() == [128]
    assert start.pair.image.shape == (16, 16, 3)
    assert start.pair.coding == SPEC.coding


def test_other_names_are_refused(candidates):
    with pytest.raises(InputError, match="one of search, random, mean, grey, not 'noise'"):
        make_start("noise", candidates, 0)
