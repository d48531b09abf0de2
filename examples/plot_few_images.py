"""
Few images: distortions and shipped weights
===========================================

Ten images of each class are few for a network. Two things help: distorted copies of the images,
and weights that were trained on others.
"""

# %%
# `augmentation="digits"` changes each image anew in each epoch: it is turned, shifted, stretched,
# sheared and bent, and some get worse light, a bar, blur or noise. Two public classes do that. In
# each row the first image is the original. The class of the others is still the same.
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.augmentation import Degradation, Distortion
from lenet_sklearn.datasets import fetch_mnist, load_digits_images

X, y = fetch_mnist(subset="train", return_X_y=True)
X_test, y_test = (part[:2000] for part in fetch_mnist(subset="test", return_X_y=True))

distort = Distortion(degrees=10, translation=0.07, scale=0.1, shear=0.15, elastic=0.025)
worsen = Degradation(light=0.5, bar=0.2, blur=1.0, noise=0.3)
originals = torch.from_numpy(X[:4].reshape(-1, 1, 28, 28))
generator = torch.Generator().manual_seed(0)
copies = [worsen(distort(originals, generator), generator) for _ in range(9)]
figure, axes = plt.subplots(4, 10, figsize=(8, 3.4), layout="constrained")
for column, images in zip(axes.T, [originals, *copies], strict=True):
    for ax, image in zip(column, images, strict=True):
        ax.imshow(image[0], cmap="gray_r", vmin=0, vmax=255)
        ax.set_axis_off()
figure.suptitle("An image of MNIST, and what the network sees of it")
plt.show()

# %%
# Ten images of each class, with and without distortions. The test images are others.
few, _, few_y, _ = train_test_split(X, y, train_size=100, stratify=y, random_state=0)
plain = LeNet5Classifier(random_state=0).fit(few, few_y)
distorted = LeNet5Classifier(augmentation="digits", max_epochs=100, random_state=0).fit(
    few, few_y
)
print(f"{len(few)} images of MNIST:    {plain.score(X_test, y_test):.3f}")
print(f"and distortions:        {distorted.score(X_test, y_test):.3f}")

# %%
# `pretrained="mnist"` starts from weights that were trained on MNIST. Its own images would be no
# test for them: the weights have seen them. So we take the digits of scikit-learn, which others
# wrote and another machine scanned. `freeze="conv"` keeps the convolutions as they are and trains
# the full layers alone.
X, y = load_digits_images(return_X_y=True)
sizes = [20, 50, 100, 200]
starts = {
    "afresh": LeNet5Classifier(random_state=0),
    "MNIST's weights": LeNet5Classifier(
        pretrained="mnist", freeze="conv", max_epochs=20, random_state=0
    ),
}
accuracy = {name: [] for name in starts}
for size in sizes:
    few, X_test, few_y, y_test = train_test_split(
        X, y, train_size=size, stratify=y, random_state=0
    )
    for name, model in starts.items():
        accuracy[name].append(model.fit(few, few_y).score(X_test, y_test))
        print(f"{size:3} small digits, {name:15} {accuracy[name][-1]:.3f}")

# %%
# The more images there are, the less it matters where a fit starts.
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for name, values in accuracy.items():
    ax.plot(sizes, 100 * np.array(values), marker="o", label=name)
ax.set(xscale="log", xlabel="images to train on", ylabel="accuracy on the others (%)")
ax.set_xticks(sizes, [str(size) for size in sizes])
ax.set_xticks([], minor=True)
ax.legend(title="the fit starts")
plt.show()

# %%
# **What we learned.** With ten images of each class, distortions take away about half of the
# mistakes on MNIST. Shipped weights help more with few images than with many, if the new images
# look like those that the weights were trained on.
