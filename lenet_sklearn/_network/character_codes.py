"""The 84-pixel characters that the RBF outputs of 1998 aim at."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# PAPER: the bitmaps of figure 3 are printed as pictures only. These are digits drawn anew on the
# same grid of 7×12 pixels.
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
    """Return the codes of the digits 0–9, or None if the labels are others.

    Parameters
    ----------
    labels : sequence
        Numbers, or strings of one digit, for each class.

    Returns
    -------
    codes : Tensor of shape (n_classes, 84) or None
        +1 where a character is black, −1 elsewhere.

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
