"""The examples of the gallery: their order, and which of them the build executes.

Examples that contain ``fetch_mnist`` need MNIST. A build that neither finds nor downloads it leaves
these unexecuted: their pages have the code and the text, and no output.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

# From the first fit to the special: the gallery shows them in this order.
ORDER = [
    "plot_first_fit.py",
    "plot_pictures.py",
    "plot_colour_pictures.py",
    "plot_few_images.py",
    "plot_imbalance.py",
    "plot_callbacks_progress.py",
    "plot_benchmark.py",
    "plot_learning_curve.py",
    "plot_ablation.py",
    "plot_grid_search.py",
    "plot_halving_search.py",
    "plot_dask_search.py",
    "plot_explain_and_audit.py",
    "plot_calibration.py",
    "plot_robustness.py",
    "plot_features_svm.py",
    "plot_save_onnx_serve.py",
    "plot_lenet5_1998.py",
]
EXAMPLES = Path(__file__).parents[2] / "examples"


def position(name: str) -> int:
    """Return the place of an example in the gallery."""
    return ORDER.index(name)


def pattern(folder: Path, fetch: Callable[[], Any]) -> tuple[str, str | None]:
    """Say which examples are executed.

    Parameters
    ----------
    folder : Path
        That of the examples.
    fetch : callable
        Gets MNIST. If it raises OSError, there is no MNIST.

    Returns
    -------
    pattern : str
        A regular expression that the paths of these examples match.
    reason : str or None
        Why some are not executed, in one line.
    """
    scripts = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("plot_*.py"))}
    left = [name for name, text in scripts.items() if "fetch_mnist" in text]
    try:
        fetch()
    except OSError as error:
        first = str(error).strip().partition("\n")[0]
        what = "example that needs MNIST is" if len(left) == 1 else "examples that need MNIST are"
        reason = f"{len(left)} {what} not executed: {first}"
    else:
        left, reason = [], None
    names = "|".join(re.escape(name) for name in scripts if name not in left)
    return rf"[/\\]({names})$", reason


def _fetch() -> None:
    from lenet_sklearn.datasets import fetch_mnist

    fetch_mnist(subset="all")


def choose(app: Sphinx, config: Config) -> None:
    """Tell sphinx-gallery which examples to execute."""
    if str(config.plot_gallery).lower() in ("0", "false"):
        return
    chosen, reason = pattern(EXAMPLES, _fetch)
    config.sphinx_gallery_conf["filename_pattern"] = chosen
    if reason:
        logging.getLogger(__name__).info(reason)


def setup(app: Sphinx) -> dict[str, Any]:
    """Choose before sphinx-gallery reads its settings (10)."""
    app.connect("config-inited", choose, priority=5)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
