"""``painterkit prepare colourise`` and ``datasets check colourise``."""

from __future__ import annotations

from functools import partial

from painter_kit.data.prepare import unseen

STEPS = (unseen.step("colourise"),)
check = partial(unseen.check, "colourise")
