"""``painterkit prepare haze`` and ``datasets check haze``."""

from __future__ import annotations

from functools import partial

from painter_kit.data.prepare import unseen

STEPS = (unseen.step("haze"),)
check = partial(unseen.check, "haze")
