"""Say of a fitted model what it is and how good it is: a model card, and an HTML report."""

from lenet_sklearn.reporting._html_report import write_report
from lenet_sklearn.reporting._model_card import make_model_card

__all__ = ["make_model_card", "write_report"]
