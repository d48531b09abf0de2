"""Names at points cover neither each other nor a point."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.inspection._labels import _extent, place_labels, shorten_names


def place(x, y, half=0.0, ylim=None):
    names = [f"model number {i}" for i in range(len(x))]
    x, y = pd.Series(x, names, dtype=float), pd.Series(y, names, dtype=float)
    _, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
    ax.plot(x, y, "o")
    ax.set(xlim=(min(x) - 1, max(x) + 1), ylim=ylim or (min(y) - 0.02, max(y) + 0.02))
    texts = place_labels(ax, x, y, pd.Series(half, names))
    return ax, texts


CROWDS = {
    "one": ([1], [0.5]),
    "equal": ([1, 1, 1], [0.5, 0.5, 0.5]),
    "row": (np.linspace(0, 3, 4), [0.5] * 4),
    "column": ([1] * 6, np.linspace(0.9, 0.95, 6)),
    "slope": (np.linspace(0, 8, 9), np.linspace(0.9, 0.99, 9)),
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_no_name_covers_another(crowd):
    ax, texts = place(*CROWDS[crowd])
    assert [text.get_text() for text in texts.values()] == list(texts)
    boxes = [_extent(text) for text in texts.values()]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    frame = ax.get_window_extent()
    for box in boxes:
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1


def test_no_name_covers_a_point():
    x, y = CROWDS["slope"]
    ax, texts = place(x, y)
    at = ax.transData.transform(np.column_stack([x, y]))
    assert sum(_extent(text).count_contains(at) for text in texts.values()) == 0


def test_names_keep_off_intervals_where_they_can():
    # To its right stands the tall interval of a neighbour, so the name goes to the left.
    _, texts = place([1, 1.2], [0.5, 0.6], half=[0.0, 0.3], ylim=(0, 1))
    assert texts["model number 0"].get_ha() == "right"


def test_a_point_below_is_named_at_the_edge_with_its_value():
    ax, texts = place([1, 2], [0.1, 0.9], ylim=(0.8, 1))
    text = texts["model number 0"]
    assert text.get_text() == "▾ model number 0 10.0"
    assert text.xy == (1, 0.8)
    assert _extent(text).y0 >= ax.get_window_extent().y0


def test_names_are_shortened_and_stay_different():
    names = ["a\nb", "c" * 9, "c" * 8, "c" * 9]
    assert shorten_names(names, 5) == ["a b", "cccc…", "cccc… (2)", "cccc…"]
