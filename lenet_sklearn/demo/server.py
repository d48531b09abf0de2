"""Listen on an address, and stop on Ctrl-C."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import warnings
from collections.abc import Callable

import torch
import uvicorn
from starlette.types import ASGIApp

from lenet_sklearn._messages import parameter

_MOST_CONNECTIONS = 500
_LAST_SECONDS = 1  # for requests that run when Ctrl-C comes


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address.

    Parameters
    ----------
    host : str
        Name or address of this machine.
    port : int
        0: any free port.

    Raises
    ------
    ValueError
        If the address is not one of this machine, or the port cannot be had. The message names a
        remedy.

    Examples
    --------
    >>> from lenet_sklearn.demo.server import bind
    >>> with bind("127.0.0.1", 0) as listener:
    ...     listener.getsockname()[0]
    '127.0.0.1'
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ValueError(
            f"host must be a name or an address of this machine. Got {host!r}."
        ) from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere the option would share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ValueError(_why(error, host, port)) from error
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65_535 else port - 1
        return (
            f"port {port} of {host} is in use by another program. Give another one with "
            f"{parameter('port')}, such as {other}, or 0 for any free one."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} is not allowed for this user. Give a port from 1024 to 65535."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{parameter('host')} must be a name or an address of this machine. Got {host!r}."
    return f"port {port} of {host} cannot be opened: {error.strerror}."


def is_loopback(listener: socket.socket) -> bool:
    """Whether only programs of this machine can reach the socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def url(listener: socket.socket) -> str:
    """Return the address that a browser on this machine opens.

    Examples
    --------
    >>> from lenet_sklearn.demo.server import bind, url
    >>> with bind("127.0.0.1", 0) as listener:
    ...     url(listener)
    'http://127.0.0.1:...'
    """
    address, port = listener.getsockname()[:2]
    number = ipaddress.ip_address(address.partition("%")[0])
    if number.is_unspecified:
        return f"http://localhost:{port}"
    return f"http://[{address}]:{port}" if number.version == 6 else f"http://{address}:{port}"


def host_names(listener: socket.socket, host: str) -> list[str] | None:
    """Return the names that requests may give for a loopback address; None for any other."""
    if not is_loopback(listener):
        return None
    address = listener.getsockname()[0]
    shown = f"[{address}]" if ":" in address else address
    return list(dict.fromkeys([shown, "localhost", "127.0.0.1", "[::1]", host]))


def serve(app: ASGIApp, listener: socket.socket, on_ready: Callable[[], object]) -> None:
    """Answer requests until Ctrl-C, which raises KeyboardInterrupt when all is closed.

    Parameters
    ----------
    app : ASGI application
    listener : socket
        From `bind`.
    on_ready : callable
        Called when the page can be opened.
    """
    # Users share the cores by requests; a request that takes all cores would only wait for others.
    torch.set_num_threads(1)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a strange picture is no news for the terminal
        _Server(config, on_ready).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()
