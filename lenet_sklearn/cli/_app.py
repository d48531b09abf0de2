"""The application: how it starts, and how it ends."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lenet_sklearn import __version__

from ._messages import describe_error, say

INTERRUPTED = 130  # 128 + SIGINT, as shells count

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# all models on the digits that come with scikit-learn: no download[/dim]
lenet-sklearn benchmark

[dim]# see that every published network trains: a few hundred images, in seconds[/dim]
lenet-sklearn reproduce --quick
"""


class _App(TyperGroup):
    """Ends with one line and an exit code, where Typer draws boxes and Python shows tracebacks."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except typer.Abort:
            code = INTERRUPTED
        except Exception as error:
            message = describe_error(error)
            if message is None:
                raise
            if message:
                say("Error", message)
            code = 2
        sys.exit(code)


app = typer.Typer(
    cls=_App,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line on the arguments of the process, and exit.

    Exit codes: 0 success; 1 every model failed; 2 wrong usage or input; 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without ± shall not stop the report
            stream.reconfigure(errors="replace")
    # Of the workers' warnings each would come with its place in the source, from each fold.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    app()


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
