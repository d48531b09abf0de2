"""Train published networks again: the claims, the studies, and their pages."""

from lenet_sklearn.reproductions.lenet5_1998 import make_lenet5_1998
from lenet_sklearn.reproductions.records import REPRODUCTIONS, Reproduction
from lenet_sklearn.reproductions.result import ReproductionResult
from lenet_sklearn.reproductions.run import run_reproductions
from lenet_sklearn.reproductions.studies import run_study
from lenet_sklearn.reproductions.study_records import STUDIES, Study
from lenet_sklearn.reproductions.study_result import StudyResult

__all__ = [
    "REPRODUCTIONS",
    "STUDIES",
    "Reproduction",
    "ReproductionResult",
    "Study",
    "StudyResult",
    "make_lenet5_1998",
    "run_reproductions",
    "run_study",
]
