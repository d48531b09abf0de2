"""The training path. skorch is imported here and nowhere else."""

from lenet_sklearn._training.batches import CHUNK, Batches, merge_repeated, to_tensor
from lenet_sklearn._training.callbacks import MONITORS, EarlyStopping, SklearnCallbacks
from lenet_sklearn._training.checkpoint import Checkpoint
from lenet_sklearn._training.net import TrainingNet, resolve_device
from lenet_sklearn._training.optimizers import OPTIMIZERS
from lenet_sklearn._training.schedule import SCHEDULES, WARM_UP, auto_epochs
from lenet_sklearn._training.train import Fit

__all__ = [
    "CHUNK",
    "MONITORS",
    "OPTIMIZERS",
    "SCHEDULES",
    "WARM_UP",
    "Batches",
    "Checkpoint",
    "EarlyStopping",
    "Fit",
    "SklearnCallbacks",
    "TrainingNet",
    "auto_epochs",
    "merge_repeated",
    "resolve_device",
    "to_tensor",
]
