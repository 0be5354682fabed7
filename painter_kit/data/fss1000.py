"""FSS-1000 as its authors hand it out: ``fss1000/CLASS/N.jpg`` with ``N.png``, ten of a class.

``--data fss1000`` are the 240 test classes (those of ``fss1000/fss_test_set.txt`` where the
authors' list lies beside the pictures); ``fss1000:CLASS`` is any single class. A mask is white on
the object, from level 128 on. All splits are cut from the pictures of a class: no class has more
than ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from painter_kit.data.class_masks import ClassMask, ClassMaskData
from painter_kit.data.fss1000_classes import TEST
from painter_kit.data.present import dataset_folder, is_inside, natural_key
from painter_kit.documents import read_text
from painter_kit.errors import InputError, MissingError

FOLDER, LIST = "fss1000", "fss_test_set.txt"
SUBSET = "test"
SOURCES: Mapping[str, str] = dict.fromkeys(("pool", "select", "confirm", "test"), SUBSET)
PER_CLASS = 10
UNPACK = "unpack FSS-1000 there, a folder per class"


def test_classes(folder: Path) -> tuple[str, ...]:
    """Names of the test classes: the authors' list, where it is there, else the same from here.

    Raises ``InputError`` for a list that cannot be read.
    """
    path = folder / LIST
    if not path.is_file():
        return TEST
    try:
        lines = read_text(path).splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); get it anew") from error
    names = tuple(line.strip() for line in lines if line.strip())
    wrong = [name for name in names if not is_class_name(name)]
    if wrong or not names:
        what = f"{wrong[0]!r:.80} is none" if wrong else "there is none"
        raise InputError(f"{path} must hold the name of a class in every line; {what}")
    return names


def is_class_name(name: str) -> bool:
    """Whether this can be the name of a class's folder."""
    return (
        name == Path(name).name
        and is_inside(name)
        and len(name.encode(errors="surrogatepass")) < 256
    )


def class_entries(folder: Path, category: str) -> list[ClassMask]:
    """The pictures of a class in natural order; none when there is no such folder.

    A picture without a mask counts, so that reading it says what is missing.
    """
    place = folder / category
    images = sorted(place.glob("*.jpg"), key=lambda path: natural_key(path.name))
    return [ClassMask(category, p.stem, p, p.with_suffix(".png")) for p in images]


def _entries(root: Path | None, argument: str) -> tuple[ClassMask, ...]:
    folder = dataset_folder(root, f"{FOLDER}:{argument}" if argument else FOLDER, FOLDER, UNPACK)
    classes = (argument,) if argument else test_classes(folder)
    entries = tuple(entry for c in classes for entry in class_entries(folder, c))
    if argument and not entries:
        raise MissingError(f"{folder / argument} holds no pictures; {UNPACK}")
    return entries


def open_fss1000(argument: str, root: Path | None) -> ClassMaskData:
    """The test classes, or the class ``argument``. Raises ``InputError`` for a name with a path."""
    if argument and not is_class_name(argument):
        raise InputError(f"--data fss1000:{argument}: give the name of one class")
    name = f"{FOLDER}:{argument}" if argument else FOLDER
    listed = {SUBSET: partial(_entries, root, argument)}
    advice = f"{UNPACK} ({root / FOLDER})" if root else UNPACK
    return ClassMaskData(name, listed, SOURCES, advice)
