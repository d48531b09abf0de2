"""Errors and warnings of the command line are one line each."""

import pytest
import typer

from lenet_sklearn.cli._messages import (
    OPTIONS,
    describe_error,
    is_name,
    one_line,
    printable,
    say,
    show_warning,
    slug,
    suggest,
)


def test_names_are_compared_without_case_and_signs():
    assert slug("Random_Forest ") == slug("random-forest") == "randomforest"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("lenet5", " Did you mean lenet-5?"), ("xyzzy", ""), ("SWM", " Did you mean svm?")],
)
def test_the_nearest_name_is_suggested(name, hint):
    assert suggest(name, ["lenet-5", "svm", "random-forest"]) == hint


def test_errors_of_the_user_are_one_line():
    assert describe_error(ValueError("a\n  - detail\nb  c")) == "a b c"
    assert describe_error(FileNotFoundError(2, "No such file", "x.csv")).endswith("'x.csv'")
    assert describe_error(typer.BadParameter("it is empty")) == "Invalid value: it is empty"


def test_other_errors_are_not_explained():
    assert describe_error(KeyError("x")) is None
    assert describe_error(RuntimeError("x")) is None


def test_lines_are_joined():
    assert one_line("one\n   two") == "one two"


def test_a_warning_is_said_once(capsys):
    for _ in range(3):
        show_warning("a warning of test__messages\nin two lines")
    assert capsys.readouterr().err == "Warning: a warning of test__messages in two lines\n"


def test_what_is_said_goes_to_standard_error(capsys):
    say("Stopped", "by Ctrl-C.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Stopped: by Ctrl-C.\n")


def test_each_option_is_one():
    assert all(option.startswith("--") for option in OPTIONS.values())
    assert len(set(OPTIONS.values())) == len(OPTIONS)


def test_a_path_is_no_name():
    assert [is_name(text) for text in ("mnist", "./mnist", "data/mnist")] == [True, False, False]


def test_what_moves_the_cursor_is_written_as_an_escape():
    assert printable("a\nb\x1b[2J c–é") == "a\\nb\\x1b[2J c–é"
