"""The paper's tables as data: every number of Tables 1, 2, 3, S1 and S2, and the README's row.

Values are as printed: mIoU, PQ and AP in percent, PSNR in dB, RMSE in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

from painter_kit.types import Direction

Cell = float | None


@dataclass(frozen=True)
class Column:
    """A column of the tables: the paper's ``label`` and what it is called here.

    ``metric`` is a key of the task's metrics on ``data``, which are multiplied by ``factor`` to
    get the paper's unit; values are printed with ``digits`` decimals.
    """

    task: str
    data: str
    metric: str
    label: str
    direction: Direction
    factor: float = 1.0
    digits: int = 3


COLUMNS = (
    Column("depth", "nyuv2", "rmse", "RMSE", "min"),
    Column("depth", "nyuv2", "abs_rel", "A.Rel", "min"),
    Column("depth", "nyuv2", "d1", "delta1", "max"),
    Column("semantic", "ade20k", "miou", "mIoU", "max", 100, 1),
    Column("panoptic", "coco", "pq", "PQ", "max", 100, 1),
    Column("keypoint", "coco", "ap", "AP", "max", 100, 1),
    Column("denoise", "sidd", "psnr", "PSNR", "max", 1, 2),
    Column("denoise", "sidd", "ssim", "SSIM", "max"),
    Column("derain", "derain", "psnr", "PSNR", "max", 1, 2),
    Column("derain", "derain", "ssim", "SSIM", "max"),
    Column("enhance", "lol", "psnr", "PSNR", "max", 1, 2),
    Column("enhance", "lol", "ssim", "SSIM", "max"),
)


@dataclass(frozen=True)
class Published:
    """One row: ``cells`` in the order of ``COLUMNS``, None where the paper has a dash.

    ``prompt`` is the kind of prompt of a row of the released model, empty for other rows;
    ``group`` is the heading in the table.
    """

    table: str
    name: str
    group: str
    cells: tuple[Cell, ...]
    prompt: str = ""


_SEARCHED = (0.288, 0.080, 0.950, 49.9, 43.4, 72.1, 38.88, 0.954, 29.49, 0.868, 22.40, 0.872)


def _cells(first: int, *values: Cell) -> tuple[Cell, ...]:
    """A row whose known values stand together from column ``first`` on."""
    return (*(None,) * first, *values, *(None,) * (len(COLUMNS) - first - len(values)))


TABLE_1 = (
    Published("1", "DenseDepth", "specialized", _cells(0, 0.465, 0.123, 0.846)),
    Published("1", "BinsFormer", "specialized", _cells(0, 0.330, 0.094, 0.925)),
    Published("1", "UperNet-ViT-L", "specialized", _cells(3, 49.9)),
    Published("1", "Mask2Former", "specialized", _cells(3, 57.7, 57.8)),
    Published("1", "DETR", "specialized", _cells(4, 45.6)),
    Published("1", "HRNet", "specialized", _cells(5, 76.3)),
    Published("1", "HRFormer", "specialized", _cells(5, 77.2)),
    Published("1", "Uformer", "specialized", _cells(6, 39.89, 0.960)),
    Published("1", "MPRNet", "specialized", _cells(6, 39.71, 0.958, 32.73, 0.921)),
    Published("1", "MIRNet-v2", "specialized", _cells(6, 39.84, 0.959, None, None, 24.74, 0.851)),
    Published("1", "UViM", "generalist framework", _cells(0, 0.467, None, None, None, 45.8)),
    Published("1", "Unified-IO", "generalist", _cells(0, 0.385)),
    Published("1", "Pix2Seq v2", "generalist", _cells(5, 64.8)),
    Published("1", "Painter", "generalist", _SEARCHED, "searched"),
)
TABLE_2 = (
    Published(
        "2",
        "separate training",
        "training",
        (0.327, 0.090, 0.930, 47.2, 41.3, 72.5, 38.43, 0.956, 28.28, 0.844, 21.67, 0.850),
    ),
    Published("2", "joint training", "training", _SEARCHED, "searched"),
)
TABLE_3 = (
    Published(
        "3",
        "random prompts",
        "prompts",
        (0.291, 0.080, 0.949, 49.3, 43.1, 71.8, 38.46, 0.953, 29.26, 0.865, 22.31, 0.871),
        "random",
    ),
    Published("3", "searched prompts", "prompts", _SEARCHED, "searched"),
    Published(
        "3",
        "learned prompts",
        "prompts",
        (0.286, 0.080, 0.949, 49.9, 43.3, 72.2, 38.71, 0.954, 29.56, 0.870, 22.38, 0.872),
        "learned",
    ),
)
# What the repository of the released weights states; it does not say under which prompts.
README = Published(
    "README",
    "released weights",
    "repository",
    (0.288, 0.080, 0.950, 49.9, 43.4, 72.1, 38.66, 0.954, 29.42, 0.867, 22.34, 0.872),
    "released",
)


@dataclass(frozen=True)
class RestorationSet:
    """A column of Table S1: pictures that a dataset gives to training and to the test."""

    name: str
    task: str
    train: int
    test: int
    renamed: str = ""


TABLE_S1 = (
    RestorationSet("Rain14000", "derain", 11200, 2800, "Test2800"),
    RestorationSet("Rain1800", "derain", 1800, 0),
    RestorationSet("Rain800", "derain", 700, 100, "Test100"),
    RestorationSet("Rain100H", "derain", 0, 100, "Rain100H"),
    RestorationSet("Rain100L", "derain", 0, 100, "Rain100L"),
    RestorationSet("Rain1200", "derain", 0, 1200, "Test1200"),
    RestorationSet("Rain12", "derain", 12, 0),
    RestorationSet("LoL", "enhance", 485, 15),
    RestorationSet("SIDD", "denoise", 320, 40),
)


@dataclass(frozen=True)
class Ablation:
    """A row of Table S2: ADE20K after 3k iterations, in percent."""

    part: str
    setting: str
    miou: float
    macc: float


TABLE_S2 = (
    Ablation("merging", "no", 39.7, 51.1),
    Ablation("merging", "yes", 41.2, 53.0),
    Ablation("encoder", "ViT-B", 31.4, 41.4),
    Ablation("encoder", "ViT-L", 41.2, 53.0),
    Ablation("head", "linear", 38.6, 50.2),
    Ablation("head", "light", 41.2, 53.0),
    Ablation("loss", "l1", 40.6, 52.5),
    Ablation("loss", "l2", 26.3, 37.7),
    Ablation("loss", "smoothl1", 41.2, 53.0),
)
