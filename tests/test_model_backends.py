"""Backends of torch.compile."""

import pytest

from painter_kit.errors import InputError
from painter_kit.model.backends import check_backend


def test_an_unknown_backend_is_named_with_the_known_ones():
    check_backend("inductor")
    with pytest.raises(InputError, match=r"one of .*inductor.* but got 'turbo'"):
        check_backend("turbo")
