"""Train the weights that ship with the library, on the whole training sets.

    python tools/train_weights.py [mnist] [fashion-mnist]

prints the accuracy on the test images, once and after the fact: no choice was made by it. Write to
another folder with --out.
"""

import argparse
from pathlib import Path

import lenet_sklearn
from lenet_sklearn import LeNet5Classifier, save_model
from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist

FETCHERS = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}
# What differs from the defaults, as chosen on validation splits of the training images.
RECIPES = {
    "mnist": {"augmentation": "digits"},
    "fashion-mnist": {
        "augmentation": "objects",
        "lr": 0.01,
        "weight_decay": 0.03,
        "label_smoothing": 0.02,
        "max_epochs": 40,
    },
}
FOLDER = Path(lenet_sklearn.__file__).with_name("_weights")


def train(name: str, folder: Path, **params: object) -> float:
    """Train on the data set of this name, write the file, and return the test accuracy."""
    X, y = FETCHERS[name](return_X_y=True)
    model = LeNet5Classifier(**RECIPES[name], **params, random_state=0).fit(X, y)
    save_model(model, folder / f"{name}.safetensors")
    return model.score(*FETCHERS[name](subset="test", return_X_y=True))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"among {', '.join(RECIPES)}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the files")
    parser.add_argument("--max-epochs", type=int, help="instead of the recipe's, for a quick look")
    args = parser.parse_args()
    if unknown := set(args.names) - set(RECIPES):
        parser.error(f"no recipe for {', '.join(sorted(unknown))}")
    args.out.mkdir(parents=True, exist_ok=True)
    params = {} if args.max_epochs is None else {"max_epochs": args.max_epochs}
    for name in args.names or RECIPES:
        print(f"{name}: test accuracy {train(name, args.out, **params):.4f}")


if __name__ == "__main__":
    main()
