"""``--dask``: let a command compute on a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any

import typer

Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Compute on the Dask cluster whose scheduler is at this address, such as "
        "localhost:8786.",
    ),
]

_SECONDS = 10  # to wait for an answer


@contextlib.contextmanager
def on_dask(address: str | None) -> Iterator[None]:
    """Let what is inside compute on a cluster; None: on this machine."""
    if address is None:
        yield
        return
    import joblib

    from lenet_sklearn._files.optional import import_optional

    try:
        distributed = import_optional("distributed", extra="scale", purpose="--dask")
    except ImportError as error:  # the message names the extra to install
        raise typer.BadParameter(str(error)) from error
    with _silent():
        client = _connect(distributed, address)
        try:
            if not client.scheduler_info(n_workers=1)["workers"]:
                raise typer.BadParameter(
                    f"the Dask scheduler at {address} has no workers. Start some with "
                    f"'dask worker {address}'.",
                    param_hint="'--dask'",
                )
            with joblib.parallel_config(backend="dask", client=client):
                yield
        finally:
            with contextlib.suppress(OSError):  # it may be gone
                client.close(timeout=_SECONDS)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep Dask's log back: an error is said once, in one line."""
    loggers = [logging.getLogger(name) for name in [*logging.root.manager.loggerDict]]
    levels = {
        handler: handler.level
        for logger in loggers
        if logger.name.partition(".")[0] == "distributed"
        for handler in logger.handlers
    }
    for handler in levels:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in levels.items():
            handler.setLevel(level)


def _connect(distributed: ModuleType, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(
            f"no Dask scheduler answers at {address!r} ({error}). Start one with 'dask scheduler', "
            "and give the address that it prints.",
            param_hint="'--dask'",
        ) from error
