"""obstacle: which pixels are nearer than three metres, read from depth in millimetres."""

import numpy as np

from painter_kit import Coding, Record, Spec, Task, register_target, register_task
from painter_kit.data.pictures import read_depth
from painter_kit.metrics.ratio import ratio_scores
from painter_kit.tasks.colors import nearest_colour, paint_labels, painted_colours, resize_nearest

COLOURS = Coding(palette=((40, 40, 40), (250, 220, 60)))  # far, near


def encode(truth, spec, size):
    return paint_labels(resize_nearest(truth["near"], size), spec.coding.palette)


def weight(truth, spec, size):
    return np.ones((*size, 3), np.float32)


def decode(painted, spec, size):
    picture = painted_colours(painted, size, spec.output_resize, "round")
    return nearest_colour(picture, spec.coding.palette)


def measure(prediction, truth, spec):
    both, either = prediction & truth["near"], prediction | truth["near"]
    return Record(np.array([1.0, both.sum(), either.sum()]))


def summarise(records, spec):
    _, both, either = sum(record.values for record in records)
    return {"iou": float(both / either) if either else 1.0}


def score(records, reference):
    values, (count, both, either) = np.array([r.values for r in records]), reference.values
    return ratio_scores(values[:, 1], values[:, 2], (both, either), count)


def render(prediction, spec):
    return paint_labels(prediction, spec.coding.palette)


def read(path):
    return {"near": (read_depth(path) < 3).astype(np.uint8)}


def constants(data):
    return Spec("obstacle", data, 448, "iou", "max", "", COLOURS, None)


register_task(Task("obstacle", encode, weight, decode, measure, summarise, score, render))
register_target("obstacle", read, constants)
