"""What the tests of the page share: models, pictures, and the server."""

import io
import threading
import time

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page is served by starlette")
pytest.importorskip("uvicorn", reason="the page is served by uvicorn")
pytest.importorskip("PIL", reason="pictures are read by Pillow")


@pytest.fixture(scope="session")
def choices():
    from lenet_sklearn.demo.choices import load_choices

    return load_choices()


@pytest.fixture(scope="session")
def mnist(choices):
    return choices[0]


@pytest.fixture(scope="session")
def draw():
    """Return a function: strokes, points from 0 to 1, as a Pillow image of 280×280 pixels."""
    from PIL import Image, ImageDraw

    def paint(*strokes, mode="L", paper="white", ink="black", side=280):
        picture = Image.new(mode, (side, side), paper)
        pen = ImageDraw.Draw(picture)
        for points in strokes:
            at = [(x * side, y * side) for x, y in points]
            pen.line(at, fill=ink, width=round(0.075 * side), joint="curve")
        return picture

    return paint


@pytest.fixture(scope="session")
def seven(draw):
    return draw([(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)])


@pytest.fixture(scope="session")
def encode():
    """Return a function: a Pillow image as the bytes of a file."""

    def save(picture, kind="PNG", **options):
        content = io.BytesIO()
        picture.save(content, kind, **options)
        return content.getvalue()

    return save


@pytest.fixture(scope="session")
def one(draw, encode):
    return encode(draw([(0.5, 0.2), (0.5, 0.8)]))


@pytest.fixture(scope="session")
def noise():
    return np.random.default_rng(0).integers(0, 256, (60, 40, 3), np.uint8)


@pytest.fixture(scope="module")
def address(choices):
    """The page on a free port, from a thread of this process."""
    import uvicorn

    from lenet_sklearn.demo.app import make_app
    from lenet_sklearn.demo.server import bind, host_names, url

    listener = bind("127.0.0.1", 0)
    app = make_app(choices, hosts=host_names(listener, "127.0.0.1"))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    where = url(listener)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield where
    server.should_exit = True
    thread.join(5)
