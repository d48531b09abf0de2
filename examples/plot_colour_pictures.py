"""
Colour pictures from a folder
=============================

Read picture files of several sizes, train on their colours, and see what colour is worth.
"""

# %%
# First we need such a folder: one folder for each class, with pictures in it. We draw fruit. Shape
# and colour both vary, so that neither alone says which fruit it is.
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FRUIT = {  # width for a height of 1, and red, green and blue
    "apple": (1.0, (195, 50, 50)),
    "lemon": (1.5, (225, 205, 70)),
    "lime": (1.4, (120, 180, 70)),
    "orange": (1.0, (230, 140, 50)),
    "plum": (1.4, (110, 60, 120)),
}
rng = np.random.default_rng(0)


def draw(width, colour):
    """Draw a fruit on paper of any colour; no two have the same size, place or light."""
    side = int(rng.integers(40, 80))
    picture = Image.new("RGB", (side, side), tuple(rng.integers(90, 256, 3)))
    height = side * rng.uniform(0.3, 0.5)
    width = height * width * rng.uniform(0.8, 1.2)
    left, top = rng.uniform(0, side - width), rng.uniform(0, side - height)
    shade = np.clip(
        np.array(colour) * rng.uniform(0.75, 1.1) + rng.normal(0, 10, 3), 0, 255
    )
    ImageDraw.Draw(picture).ellipse(
        (left, top, left + width, top + height), fill=tuple(shade.astype(int).tolist())
    )
    return picture


folder = Path(tempfile.mkdtemp())
for name, look in FRUIT.items():
    (folder / name).mkdir()
    for i in range(120):
        draw(*look).save(folder / name / f"{i:03}.png")

# %%
# `read_images` brings all to one size. The names of the folders are the labels, as text.
import matplotlib.pyplot as plt

from lenet_sklearn.datasets import read_images
from lenet_sklearn.inspection import plot_mistakes, plot_samples

X, y, filenames = read_images(folder, size=28, mode="RGB")
print(X.shape, X.dtype, np.unique(y).tolist())
plot_samples(X, y, per_class=8, random_state=0)
plt.show()

# %%
# The network sees from the shape of X that there are three channels. For comparison we train
# another one on the same pictures without colour. Both have the same training and test pictures.
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier

X_grey, _, _ = read_images(folder, size=28, mode="L")
train, test = train_test_split(
    np.arange(len(y)), test_size=0.4, stratify=y, random_state=0
)
model = LeNet5Classifier(random_state=0).fit(X[train], y[train])
grey = LeNet5Classifier(random_state=0).fit(X_grey[train], y[train])
print(
    f"{'in colour:':10} {model.score(X[test], y[test]):.3f}, image {model.image_shape_}"
)
print(
    f"{'in grey:':10} {grey.score(X_grey[test], y[test]):.3f}, image {grey.image_shape_}"
)

# %%
# The most confident mistakes in colour. ✗ is the prediction and ✓ the truth, each with its
# probability. The files are known, too, so that one can look at the originals.
plot_mistakes(model, X[test], y[test], n=10)
plt.show()

wrong = test[model.predict(X[test]) != y[test]]
for i in wrong[:3]:
    print(Path(filenames[i]).relative_to(folder).as_posix())

# %%
# **What we learned.** A folder of pictures is two lines away from a trained model, and labels may
# be text. Here colour says most about the class; where it does not, grey images train faster.
