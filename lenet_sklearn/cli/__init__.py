"""The command line, ``lenet-sklearn``; the only part that prints.

A command is a function under ``@app.command()`` in a module of its own. It raises ValueError,
OSError or Typer's BadParameter for what the user can put right, and the application makes one line
of it. Libraries that are slow to import are imported inside the functions that need them.
"""

from . import benchmark, reproduce
from ._app import app, main

__all__ = ["app", "benchmark", "main", "reproduce"]
