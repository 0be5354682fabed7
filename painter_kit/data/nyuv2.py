"""``--data nyuv2``: depth of rooms, NYU Depth v2 with the protocol of the released code.

Splits pool, select and confirm are drawn from the synchronised frames ``sync/SCENE/``, by scene;
test is the official test split of the labelled pictures, as ``painterkit prepare nyuv2`` writes
it. It is not read from the MATLAB file: the published numbers are those of JPEG files with a
black border, and other pixels would make other numbers.

Truth is ``depth_m`` float32 (H, W) in metres, as the sensor had it; 0 is no value. Pixels count
inside the Eigen crop, which belongs to pictures of 480 x 640.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.nyuv2_labeled import SIZE
from painter_kit.data.pictures import read_depth, read_image
from painter_kit.data.present import dataset_folder, require_files
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.depth import EIGEN_CROP, DepthProtocol
from painter_kit.types import Example, Pair, Size, Spec

FOLDER = "nyu_depth_v2"
SYNC, OFFICIAL = "sync", "official_splits"
SCENES = "scenes.json"  # in official_splits: id of a picture -> name of its scene
PROMPT = "study_room_0005b/rgb_00094"

_SYNC_ADVICE = "unpack sync.zip, the synchronised training frames, there"
_TEST_ADVICE = (
    "painterkit prepare nyuv2 --root DIR makes it from nyu_depth_v2_labeled.mat and splits.mat"
)
# Subset -> folder of scenes, what to do without it, and the only size that its pictures may have.
SUBSETS: dict[str, tuple[str, str, Size | None]] = {
    "train": (SYNC, _SYNC_ADVICE, None),
    "test": (f"{OFFICIAL}/test", _TEST_ADVICE, SIZE),
}


class Frame(NamedTuple):
    """A picture ``SCENE/rgb_NNNNN.jpg`` whose depth lies beside it."""

    image: Path
    group: str

    @property
    def id(self) -> str:
        """Folder and file without suffix."""
        return frame_id(self.image)

    @property
    def depth(self) -> Path:
        """16-bit millimetres, 0 where the sensor saw nothing."""
        return depth_file(self.image)


def frame_id(image: Path) -> str:
    """``study_room_0005b/rgb_00094``: the id of a picture."""
    return f"{image.parent.name}/{image.stem}"


def depth_file(image: Path) -> Path:
    """The file of depth that belongs to a picture."""
    return image.with_name(f"sync_depth_{image.stem.removeprefix('rgb_')}.png")


def nyuv2_folder(root: Path | None) -> Path:
    """``root/nyu_depth_v2``. Raises ``InputError`` without it."""
    return dataset_folder(root, "nyuv2", FOLDER, "put NYU Depth v2 there (sync/, the .mat files)")


def frame_images(folder: Path) -> list[Path]:
    """The pictures ``rgb_*.jpg`` in the scenes of ``folder``, sorted; their depth may lack."""
    return sorted(folder.glob("*/rgb_*.jpg"))


def read_frame(frame: Frame, size: Size | None = None) -> Example:
    """Picture and depth. Raises ``InputError`` when they differ in size or are not of ``size``."""
    image, depth = read_image(frame.image), read_depth(frame.depth)
    wanted = size or image.shape[:2]
    for path, found in ((frame.image, image.shape), (frame.depth, depth.shape)):
        if found[:2] != wanted:
            raise InputError(
                f"{path} is {found[1]} x {found[0]} but {wanted[1]} x {wanted[0]} is expected; "
                "picture and depth must be of one size, get both anew"
            )
    return Example(frame.id, frame.group, image, {"depth_m": depth})


@dataclass(frozen=True)
class Nyuv2Examples:
    """Pictures with depth, read when asked for; ``size`` is the only one allowed."""

    frames: tuple[Frame, ...]
    size: Size | None = None

    @property
    def ids(self) -> Sequence[str]:
        """Folder and file of every picture, sorted."""
        return [frame.id for frame in self.frames]

    @property
    def groups(self) -> Sequence[str]:
        """The scene of every picture, or the picture itself where its scene is not known."""
        return [frame.group for frame in self.frames]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int, /) -> Example:
        return read_frame(self.frames[index], self.size)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class Nyuv2Data:
    """NYU Depth v2 in ``root/nyu_depth_v2``; the root may be named later than the tasks."""

    root: Path | None
    name: str = "nyuv2"
    tasks: tuple[str, ...] = ("depth",)

    @property
    def sources(self) -> Mapping[str, str]:
        """Training splits are cut from the synchronised frames, test is the official one."""
        return {"pool": "train", "select": "train", "confirm": "train", "test": "test"}

    def spec(self, task: str) -> Spec[Any]:
        """The released constants with the Eigen crop. Raises ``InputError`` for another task."""
        check_task(self, task)
        return replace(specs.depth_spec(self.name), protocol=DepthProtocol(crop=EIGEN_CROP))

    def examples(self, task: str, subset: str) -> Nyuv2Examples:
        """The pictures of the subset ``train`` or ``test``.

        Raises ``InputError`` naming the first file that is missing.
        """
        check_task(self, task)
        if subset not in SUBSETS:
            raise InputError(f"--data {self.name} has the subsets {', '.join(SUBSETS)}")
        place, advice, size = SUBSETS[subset]
        folder = nyuv2_folder(self.root)
        images = frame_images(folder / place)
        if not images:
            raise InputError(f"{folder / place} holds no picture SCENE/rgb_*.jpg; {advice}")
        require_files(map(depth_file, images), advice)
        if subset == "train":
            return Nyuv2Examples(tuple(Frame(path, path.parent.name) for path in images), size)
        scenes = read_scenes(folder / OFFICIAL / SCENES)
        groups = (scenes.get(frame_id(path), frame_id(path)) for path in images)
        return Nyuv2Examples(tuple(map(Frame, images, groups)), size)

    def released(self, task: str) -> Pair:
        """The training frame that the released evaluation prompts with, painted.

        Raises ``InputError`` naming the file that is missing.
        """
        check_task(self, task)
        image = nyuv2_folder(self.root) / SYNC / f"{PROMPT}.jpg"
        frame = Frame(image, image.parent.name)
        require_files(
            (frame.image, frame.depth), f"the released prompt is a training frame: {_SYNC_ADVICE}"
        )
        return make_pair(get_task(task), self.spec(task), read_frame(frame))


def read_scenes(path: Path) -> dict[str, str]:
    """Id of a labelled picture -> name of its scene; empty without the file."""
    try:
        scenes = read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); remove it and prepare anew") from error
    if not isinstance(scenes, dict) or not all(isinstance(s, str) for s in scenes.values()):
        raise InputError(f"{path} must map pictures to scenes; remove it and prepare anew")
    return scenes


def open_nyuv2(argument: str, root: Path | None = None) -> Nyuv2Data:
    """The dataset of ``--data nyuv2``. Raises ``InputError`` for an argument after the colon."""
    if argument:
        raise InputError(f"--data nyuv2 takes no argument but got {argument!r}")
    return Nyuv2Data(root)
