"""What the command line says: errors and warnings in one line each, and hints."""

from __future__ import annotations

import difflib
import functools
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import typer

# The options that stand for parameters of the library.
OPTIONS = {
    "out_dir": "--out",
    "label_column": "--label-column",
    "random_state": "--seed",
    "cv": "--cv",
    "separator": "--separator",
    "y_test": "--data",
    "size": "--size",
    "corruptions": "--corruptions",
    "image_shape": "--image-shape",
    "host": "--host",
    "port": "--port",
}


def slug(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def is_name(text: str) -> bool:
    """Whether a text can be the name of a data set or a model: ./mnist is a path."""
    return not set(text) & {"/", os.sep}


def suggest(name: str, known: Iterable[str]) -> str:
    """Make a question of the nearest known name, if there is one."""
    slugs = {slug(option): option for option in known}
    near = difflib.get_close_matches(slug(name), slugs, n=1)
    return f" Did you mean {slugs[near[0]]}?" if near else ""


def describe_error(error: Exception) -> str | None:
    """Make one line of an error that the user can put right; None for any other."""
    if hasattr(error, "format_message"):  # Typer's own, whatever Click it stands on
        message = error.format_message()
        context = getattr(error, "ctx", None)
        if message and context is not None and not isinstance(error, typer.BadParameter):
            stop = "" if message.endswith((".", "?")) else "."
            message += f"{stop} See '{context.command_path} --help'."
    elif isinstance(error, ValueError | OSError):
        message = str(error)
    else:
        return None
    return one_line(message)


def one_line(text: str) -> str:
    """Join the lines of a message; details that it lists are left out."""
    lines = [line for line in text.splitlines() if not line.startswith("  - ")]
    return " ".join(" ".join(lines).split())


def printable(text: str) -> str:
    """Write what would move the cursor, as a line break in a file name, as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def show_warning(message: Warning | str, *place: Any, **more: Any) -> None:
    _warn_once(one_line(str(message)))


@functools.cache  # the same warning comes from each fold
def _warn_once(line: str) -> None:
    say("Warning", line)


def say(kind: str, message: str) -> None:
    """Print one line on standard error."""
    colour = {"Error": typer.colors.RED, "Warning": typer.colors.YELLOW}.get(kind)
    # Not err=True: a progress bar that is on the screen has put itself into sys.stderr.
    typer.echo(typer.style(f"{kind}:", fg=colour, bold=True) + f" {message}", file=sys.stderr)
