"""The command line, ``lenet-sklearn``; the only part that prints.

A command is a function under ``@app.command()`` in a module of its own. It raises ValueError,
OSError or Typer's BadParameter for what the user can put right, and the application makes one line
of it. Libraries that are slow to import are imported inside the functions that need them, and
this file imports nothing: `main` is there before Ctrl-C can come.
"""

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from lenet_sklearn.cli import (
        benchmark,
        datasets,
        demo,
        evaluate,
        export,
        predict,
        report,
        reproduce,
        train,
    )
    from lenet_sklearn.cli._app import app

# In the order of the help.
COMMANDS = (
    "train",
    "predict",
    "evaluate",
    "export",
    "report",
    "demo",
    "benchmark",
    "reproduce",
    "datasets",
)
__all__ = [
    "app",
    "benchmark",
    "datasets",
    "demo",
    "evaluate",
    "export",
    "main",
    "predict",
    "report",
    "reproduce",
    "train",
]


def main() -> None:
    """Run the command line on the arguments of the process, and exit.

    Exit codes: 0 success; 1 every model of a benchmark failed, or some of the pictures to predict
    could not be read; 2 wrong usage or input; 130 interrupted; 141 nobody reads the output any
    more, as in ``lenet-sklearn benchmark | head -1``.
    """
    from lenet_sklearn.cli import _ctrl_c

    _ctrl_c.ends_at_once()
    _import_part("app")
    from lenet_sklearn.cli._app import run

    run()


def _import_part(name: str) -> object:
    from importlib import import_module

    # Imported, a command adds itself to the application.
    commands = {part: import_module(f"{__name__}.{part}") for part in COMMANDS}
    return commands.get(name) or import_module(f"{__name__}._app").app


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _import_part(name)
