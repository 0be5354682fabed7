"""``painterkit prepare inpaint`` and ``datasets check inpaint``."""

from __future__ import annotations

from functools import partial

from painter_kit.data.prepare import unseen

STEPS = (unseen.step("inpaint"),)
check = partial(unseen.check, "inpaint")
