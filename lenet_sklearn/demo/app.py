"""What the browser gets: the page, the list of models, predictions, and errors as JSON."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn.demo.answers import MOST_BYTES, RefusedError, answer, missing_explanation
from lenet_sklearn.demo.choices import Choice

PAGE = Path(__file__).parent / "_page"
_WORKERS = 2  # pictures that are decoded and predicted at the same time
_BODIES = 16  # uploads that are held in memory at the same time
_SECONDS = 10  # for the upload of one picture
_MOST_DROPPED = 10 * MOST_BYTES
_HEADERS = (
    (b"content-security-policy", b"default-src 'self'; base-uri 'none'; form-action 'none'; "
     b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)  # fmt: skip
_log = logging.getLogger(__name__)


def make_app(choices: Sequence[Choice], *, hosts: Sequence[str] | None = None) -> Starlette:
    """Make the web application, for any ASGI server.

    Parameters
    ----------
    choices : sequence of Choice
        The models; the first is shown first.
    hosts : sequence of str, default=None
        The names that a request may have in its Host header. A page of another site, whose name
        has been made to point here, is refused. None: any name.

    Examples
    --------
    >>> from lenet_sklearn.demo.app import make_app
    >>> from lenet_sklearn.demo.choices import load_choices
    >>> app = make_app(load_choices(), hosts=["localhost"])
    """
    desk = _Desk(choices)
    middleware = [Middleware(_Headers)]
    if hosts is not None:
        middleware.append(
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
        )
    return Starlette(
        routes=[
            Route("/models", desk.models, methods=["GET"]),
            Route("/predict", desk.predict, methods=["POST"]),
            Mount("/", StaticFiles(directory=PAGE, html=True)),
        ],
        middleware=middleware,
        exception_handlers={HTTPException: _say, RefusedError: _refuse, Exception: _fail},
        lifespan=desk.lifespan,
    )


class _Desk:
    """Takes the requests, and lets few of them work at the same time."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = {choice.key: choice for choice in choices}
        self.workers = anyio.CapacityLimiter(_WORKERS)
        self.bodies = anyio.CapacityLimiter(_BODIES)

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(self._warm_up)
            yield
            group.cancel_scope.cancel()

    async def _warm_up(self) -> None:
        """Import what is slow to import, and predict once, before the first stroke is drawn."""
        for choice in self.choices.values():
            try:
                await to_thread.run_sync(
                    _try_out, choice, limiter=self.workers, abandon_on_cancel=True
                )
            except Exception:  # the others are to be served
                _log.exception("The model %r cannot predict an empty image.", choice.title)

    async def models(self, request: Request) -> Response:
        models = [
            {"key": choice.key, "title": choice.title, "classes": choice.names}
            for choice in self.choices.values()
        ]
        return JSONResponse(
            {"models": models, "note": missing_explanation(), "most_bytes": MOST_BYTES}
        )

    async def predict(self, request: Request) -> Response:
        _check_origin(request)
        key = request.query_params.get("model", next(iter(self.choices)))
        choice = self.choices.get(key)
        if choice is None:
            raise RefusedError(400, f"There is no model {key!r}. Give {' or '.join(self.choices)}.")
        explained = request.query_params.get("explain") == "1"
        async with self.bodies:
            content = await _read_body(request)
            work = partial(answer, choice, content, explained=explained)
            return JSONResponse(await to_thread.run_sync(work, limiter=self.workers))


def _try_out(choice: Choice) -> None:
    from lenet_sklearn.inspection import explain

    X = choice.to_input(np.zeros(choice.layout.image_shape, np.uint8))
    if missing_explanation() is None:
        # Outside the lock, since it takes a second.
        import_optional("captum.attr", extra="explain", purpose="Grad-CAM")

    with choice.lock:
        choice.model.predict_proba(X)
        try:
            explain(choice.model, X)
        except (ImportError, TypeError, ValueError):
            return  # answer() will say why


def _check_origin(request: Request) -> None:
    """Refuse what pages of other sites, or forms, can send without being asked for leave."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusedError(403, "Requests from other sites are refused.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind.startswith("image/") or kind == "application/octet-stream"):
        raise RefusedError(
            415,
            "Send the picture file itself as the body, with the Content-Type "
            f"application/octet-stream. Got {kind or 'none'}.",
        )


async def _read_body(request: Request) -> bytes:
    """Read the body, and hold no more of it than a picture may have."""
    content, dropped = bytearray(), 0
    try:
        with anyio.fail_after(_SECONDS):
            async for chunk in request.stream():
                if dropped or len(content) + len(chunk) > MOST_BYTES:
                    # Read on for a while: a browser that is cut off does not show the answer.
                    dropped += len(content) + len(chunk)
                    content.clear()
                    if dropped > _MOST_DROPPED:
                        break
                else:
                    content += chunk
    except TimeoutError:
        raise RefusedError(408, f"The picture did not arrive within {_SECONDS} s.") from None
    except ClientDisconnect:
        raise RefusedError(400, "The connection was closed.") from None
    if dropped:
        raise RefusedError(413, f"The file is larger than {MOST_BYTES / 1e6:g} MB.")
    return bytes(content)


class _Headers:
    """Adds to each answer what keeps the browser from other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self.app(scope, receive, send_more)


def _error(status: int, message: str, headers: Any = None) -> Response:
    return JSONResponse({"error": message}, status, headers=headers)


async def _say(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, f"{error.detail}: {request.url.path}", error.headers)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    # The page asks for 200: a browser lists each status of 400 or more among the page's faults.
    asked = request.query_params.get("status") == "200"
    return _error(200 if asked else error.status, str(error))


async def _fail(request: Request, error: Exception) -> Response:
    return _error(500, "This went wrong on the server; its output says why.")
