"""How classifiers stand corruptions of the images, and attacks on the network."""

from lenet_sklearn.robustness._display import RobustnessDisplay
from lenet_sklearn.robustness._result import RobustnessResult
from lenet_sklearn.robustness.attacks import attack
from lenet_sklearn.robustness.corruptions import CORRUPTIONS, corrupt
from lenet_sklearn.robustness.evaluate import evaluate_robustness

__all__ = [
    "CORRUPTIONS",
    "RobustnessDisplay",
    "RobustnessResult",
    "attack",
    "corrupt",
    "evaluate_robustness",
]
