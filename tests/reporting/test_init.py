"""The room and what it shows."""

from importlib.resources import files

import lenet_sklearn
from lenet_sklearn import reporting


def test_the_room_is_found_from_the_package():
    assert lenet_sklearn.reporting is reporting
    assert reporting.__all__ == ["make_model_card", "write_report"]


def test_the_template_is_part_of_the_package():
    template = files("lenet_sklearn.reporting") / "_templates" / "report.html"
    assert template.read_text("utf-8").startswith("<!doctype html>")
