"""``lenet-sklearn demo``: a web page to draw on."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet_sklearn.cli import _ctrl_c
from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._messages import say

if TYPE_CHECKING:
    import socket

    from lenet_sklearn.demo.choices import Choice

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# the models that ship with the library[/dim]
lenet-sklearn demo

[dim]# and one of your own, from lenet-sklearn train or save_model[/dim]
lenet-sklearn demo --model digits.safetensors
"""


def _check_model(model: Path | None) -> Path | None:
    if model is not None and not model.expanduser().is_file():
        what = "a folder" if model.expanduser().is_dir() else "no file"
        raise typer.BadParameter(
            f"{str(model)!r} is {what}. Give a file of lenet-sklearn train or of save_model."
        )
    return model


@app.command(epilog=_EXAMPLES)
def demo(
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            callback=_check_model,
            help="A file of lenet-sklearn train or of save_model, shown first, beside the models "
            "that ship with the library.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. 127.0.0.1 is reached from this machine alone, 0.0.0.0 from "
            "every one.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65_535, help="0 takes any free port.")
    ] = 7860,
) -> None:
    """Open a web page to draw on, or to drop pictures on: predictions while you draw."""
    with interruptible(None, "pictures"):
        _check_packages()
        from lenet_sklearn.demo.server import bind

        with bind(host, port) as listener:
            _run(_load(model), listener, host)


def _check_packages() -> None:
    from lenet_sklearn._files.optional import import_optional

    try:
        for package in ("PIL.Image", "starlette", "uvicorn"):
            import_optional(package, extra="demo", purpose="The page")
    except ImportError as error:
        raise typer.BadParameter(str(error)) from error


def _load(model: Path | None) -> list[Choice]:
    from rich.console import Console

    from lenet_sklearn.demo.choices import load_choices

    with Console(stderr=True).status("Loading the models"):
        return load_choices(None if model is None else model.expanduser())


def _run(choices: list[Choice], listener: socket.socket, host: str) -> None:
    from lenet_sklearn.demo.app import make_app
    from lenet_sklearn.demo.server import host_names, is_loopback, serve, url

    if not is_loopback(listener):
        say(
            "Warning",
            f"--host {host} shows the page to every machine that reaches this one, without "
            "password or encryption. Leave --host out to keep it to yourself.",
        )

    def show_address() -> None:
        typer.echo(f"Open {url(listener)} in a browser. Ctrl-C stops it.")

    try:
        serve(make_app(choices, hosts=host_names(listener, host)), listener, show_address)
    except KeyboardInterrupt:
        # All is closed, and nothing is kept. Python's own end can take seconds.
        _ctrl_c.ends_at_once()
        signal.raise_signal(signal.SIGINT)
