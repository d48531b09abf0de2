"""The application: how it starts, and how it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lenet_sklearn import __version__
from lenet_sklearn._messages import parameters_named
from lenet_sklearn.cli import _ctrl_c
from lenet_sklearn.cli._ctrl_c import INTERRUPTED
from lenet_sklearn.cli._messages import OPTIONS, describe_error, say

BROKEN_PIPE = 141  # 128 + SIGPIPE, as shells count

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# all models on the digits that come with scikit-learn: no download[/dim]
lenet-sklearn benchmark

[dim]# a model of your own pictures, in a folder for each class; then its use[/dim]
lenet-sklearn train --data pictures --size 28 --out model.safetensors
lenet-sklearn predict model.safetensors picture.png

[dim]# see that every published network trains: a few hundred images, in seconds[/dim]
lenet-sklearn reproduce --quick
"""


class _App(TyperGroup):
    """Ends with one line and an exit code, where Typer draws boxes and Python shows tracebacks."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            code = self._run(*args, **kwargs)
            sys.stdout.flush()  # here, where a broken pipe can still be told
        except BrokenPipeError:
            _give_up_broken_pipes()
            code = BROKEN_PIPE
        sys.exit(code)

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command, and say in one line what the user can put right."""
        try:
            with parameters_named(OPTIONS):
                return super().main(*args, **{**kwargs, "standalone_mode": False})
        except SystemExit as end:
            # Rich and Typer take a broken pipe for an error, exit code 1.
            if isinstance(end.__context__, BrokenPipeError):
                raise end.__context__ from None
            raise
        except typer.Abort:
            return INTERRUPTED
        except BrokenPipeError:
            raise
        except Exception as error:
            message = describe_error(error)
            if message is None:
                raise
            if message:
                say("Error", message)
            return 2


def _give_up_broken_pipes() -> None:
    """Let nothing more be written where nobody reads, not even at the end of Python."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


app = typer.Typer(
    cls=_App,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> None:
    """Run the command line on the arguments of the process, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without ± shall not stop the report
            stream.reconfigure(errors="replace")
    # Of the workers' warnings each would come with its place in the source, from each fold.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    try:
        app()
    finally:
        _ctrl_c.ends_at_once()  # all is said; what is left is Python's own end


@contextlib.contextmanager
def interruptible(
    out: Path | None, parts: str, *, go_on: str = "the same command goes on"
) -> Iterator[None]:
    """Let Ctrl-C stop a command that has been loaded, and say what is kept, and how to go on."""
    try:
        _ctrl_c.raises()
        yield
    except KeyboardInterrupt:
        there = out is not None and out.is_dir()
        kept = f" Finished {parts} are in {out}: {go_on}." if there else ""
        say("Stopped", f"by Ctrl-C.{kept}")
        raise typer.Exit(INTERRUPTED) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lenet-sklearn {__version__}")
        raise typer.Exit


@app.callback(epilog=_EXAMPLES)
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""
