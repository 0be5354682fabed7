"""Everything that ``painterkit prepare coco`` makes, and how COCO on disk is checked."""

from __future__ import annotations

from pathlib import Path

from painter_kit.data.prepare import (
    coco_check,
    coco_instances,
    coco_pose,
    coco_pose_check,
    coco_semantic,
)
from painter_kit.data.prepare.base import Finding, Step

STEPS: tuple[Step, ...] = (*coco_semantic.STEPS, *coco_instances.STEPS, *coco_pose.STEPS)


def check(root: Path, deep: bool) -> list[Finding]:
    """Annotations, pictures and prepared files; ``deep`` opens every file."""
    return [*coco_check.check(root, deep), *coco_pose_check.check(root, deep)]
