"""The 84-pixel characters that are the targets of the RBF outputs of 1998."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# PAPER: figure 3 shows the bitmaps as pictures only. These digits are new drawings on the same
# grid of 7×12 pixels.
_DIGITS = """
.#####.  ...##..  .#####.  .#####.  ....##.  #######  ..####.  #######  .#####.  .#####.
##...##  ..###..  ##...##  ##...##  ...###.  ##.....  .##....  .....##  ##...##  ##...##
##...##  .####..  .....##  .....##  ..####.  ##.....  ##.....  .....##  ##...##  ##...##
##...##  ...##..  .....##  .....##  .##.##.  ##.....  ##.....  ....##.  ##...##  ##...##
##...##  ...##..  ....##.  ...###.  ##..##.  ######.  ######.  ....##.  .#####.  ##...##
##...##  ...##..  ...##..  ....##.  ##..##.  .....##  ##...##  ...##..  ##...##  .######
##...##  ...##..  ..##...  .....##  #######  .....##  ##...##  ...##..  ##...##  .....##
##...##  ...##..  .##....  .....##  ....##.  .....##  ##...##  ..##...  ##...##  .....##
##...##  ...##..  ##.....  ##...##  ....##.  ##...##  ##...##  ..##...  ##...##  ....##.
.#####.  .######  #######  .#####.  ....##.  .#####.  .#####.  .##....  .#####.  .####..
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
"""


def character_codes(labels: Sequence[object]) -> Tensor | None:
    """Return codes of shape (n_classes, 84) for the digits 0–9; None for other labels.

    A code has +1 for a black pixel, −1 for a white one. Labels may be numbers or strings.

    Examples
    --------
    >>> from lenet_sklearn._network.character_codes import character_codes
    >>> character_codes(range(10)).shape
    torch.Size([10, 84])
    >>> character_codes(["cat", "dog"]) is None
    True
    """
    rows = [line.split() for line in _DIGITS.strip().splitlines()]
    bitmaps = [[[1.0 if c == "#" else -1.0 for c in row[d]] for row in rows] for d in range(10)]
    names = [str(label) for label in labels]
    if not all(name in tuple("0123456789") for name in names):
        return None
    return torch.tensor(bitmaps).reshape(10, 84)[[int(name) for name in names]]
