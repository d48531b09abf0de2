"""What the server answers: the page, predictions, and one clear message for the rest."""

import io
import re
import struct
import threading
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import anyio
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from lenet_sklearn.demo import answers, app
from lenet_sklearn.demo.app import make_app

FILE = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def client(choices):
    with TestClient(
        make_app(choices, hosts=["127.0.0.1", "[::1]"]), base_url="http://127.0.0.1:7860"
    ) as client:
        yield client


def predict(client, content, query="", **headers):
    return client.post(f"/predict{query}", content=content, headers={**FILE, **headers})


def assert_error(response, status, *parts):
    """One line in JSON."""
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    message = response.json()["error"]
    assert len(message.splitlines()) == 1
    assert len(message) < 200
    for part in parts:
        assert part in message


def test_the_page_and_its_parts(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    names = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert set(names) == {"icon.svg", "page.css", "page.js"}
    for name in [*names, "pad.js"]:
        assert client.get(f"/{name}").status_code == 200
    assert "http" not in page.text  # nothing from elsewhere
    assert not re.search(r"<script>|<style>|style=|onclick", page.text)  # or the policy blocks it


def test_every_answer_keeps_the_browser_from_other_sites(client, one):
    for answer in (client.get("/"), client.get("/absent"), predict(client, one)):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_models(client, choices):
    told = client.get("/models").json()
    assert [model["key"] for model in told["models"]] == ["mnist", "fashion-mnist"]
    assert told["models"][1]["classes"] == list(choices[1].names)
    assert told["note"] is None
    assert told["most_bytes"] == 5_000_000


def test_predictions(client, one, seven, encode):
    first, second = predict(client, one), predict(client, encode(seven), "?explain=1&model=mnist")
    assert (first.json()["label"], second.json()["label"]) == ("1", "7")
    assert (first.json()["heat"] is None, second.json()["heat"] is None) == (True, False)
    clothes = predict(client, one, "?model=fashion-mnist").json()
    assert clothes["label"] == "Trouser"
    typed = predict(client, one, **{"content-type": "image/png"})
    assert typed.json() == first.json()


def test_errors(client, one):
    assert_error(predict(client, one, "?model=x"), 400, "no model 'x'", "mnist or fashion-mnist")
    assert_error(client.get("/absent"), 404, "/absent")
    assert_error(client.get("/predict"), 404)
    assert_error(client.delete("/predict"), 405)
    assert_error(client.get("/../pyproject.toml"), 404)
    assert_error(client.get("/%2e%2e/app.py"), 404)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_of_another_site_can_send_is_refused(client, one, kind):
    answer = predict(client, one, **{"content-type": kind})
    assert_error(answer, 415, "application/octet-stream", kind or "none")


def test_the_page_gets_its_errors_with_status_200(client):
    answer = predict(client, b"I am a picture", "?status=200")
    assert answer.status_code == 200
    assert answer.json()["error"].startswith("The file cannot be read")


def test_other_sites_are_refused(client, one):
    assert_error(predict(client, one, **{"sec-fetch-site": "cross-site"}), 403)
    assert_error(client.options("/predict", headers={"origin": "http://a.example"}), 405)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:7860"])
def test_other_names_of_this_machine_are_refused(client, host):
    answer = client.get("/models", headers={"host": host})
    assert (answer.status_code, answer.text) == (400, "Invalid host header")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:99", "[::1]:7860"])
def test_its_own_names_are_taken(client, host):
    assert client.get("/models", headers={"host": host}).status_code == 200


def test_a_large_file_is_refused_while_it_is_read(client):
    seen = []

    def pieces(n):
        for _ in range(n):
            seen.append(1)
            yield bytes(1_000_000)

    assert_error(predict(client, bytes(5_000_001)), 413, "5 MB")
    assert_error(predict(client, pieces(6)), 413, "5 MB")  # without Content-Length
    assert_error(predict(client, b"a" * 5_000_000), 415)


def test_no_more_than_a_picture_is_held(choices):
    """Ten times the limit is read on and dropped; then the connection is closed."""
    held = []

    class Endless:
        async def stream(self):
            for _ in range(1000):
                held.append(1_000_000)
                yield bytes(1_000_000)

    async def read():
        with pytest.raises(answers.RefusedError, match="5 MB"):
            await app._read_body(Endless())

    anyio.run(read)
    assert 50 <= len(held) <= 56


def test_a_slow_upload_is_given_up(monkeypatch):
    monkeypatch.setattr(app, "_SECONDS", 0.05)

    class Slow:
        async def stream(self):
            yield b"a"
            await anyio.sleep(10)

    async def read():
        with pytest.raises(answers.RefusedError, match="did not arrive") as caught:
            await app._read_body(Slow())
        assert caught.value.status == 408

    anyio.run(read)


def test_a_fault_of_the_server_is_one_message(choices, one, monkeypatch):
    def fail(*args, **options):
        raise RuntimeError("secret")

    monkeypatch.setattr(app, "answer", fail)
    with TestClient(make_app(choices), raise_server_exceptions=False) as client:
        answer = predict(client, one)
    assert_error(answer, 500)
    assert "secret" not in answer.text


def test_a_model_that_cannot_predict_does_not_stop_the_others(choices, one, caplog):
    class Broken:
        def predict_proba(self, X):
            raise RuntimeError("broken")

    broken = replace(choices[0], key="broken", title="Broken", model=Broken())
    with TestClient(make_app([broken, *choices]), raise_server_exceptions=False) as client:
        assert_error(predict(client, one), 500)
        assert predict(client, one, "?model=mnist").json()["label"] == "1"
    assert "The model 'Broken' cannot predict" in caplog.text


def test_few_pictures_are_worked_on_at_the_same_time(choices, one, monkeypatch):
    lock, now, most = threading.Lock(), [0], [0]
    real = app.answer

    def count(*args, **options):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return real(*args, **options)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(app, "answer", count)

    with TestClient(make_app(choices)) as client, ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: predict(client, one).status_code, range(50)))
    assert statuses == [200] * 50
    assert most[0] == 2


# Hostile files


def png(width, height, depth=8, colour=0, data=b"", extra=b""):
    """Make a PNG file with any header."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))  # fmt: skip


def zipped():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("a.png", b"no")
    return content.getvalue()


def hostile(seven, encode, noise):
    """Return files by name: the bytes, and the status; 0 is a prediction."""
    grey, colour = seven, seven.convert("RGB")
    whole = {kind: encode(colour, kind) for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")}
    alpha = colour.convert("RGBA")
    alpha.putalpha(grey.point(lambda value: 255 - value))
    values = np.asarray(grey)
    deep = Image.fromarray(values.astype(np.uint16) * 257)
    floats = Image.fromarray(values.astype(np.float32) / 255)
    animated = encode(grey, "GIF", save_all=True, append_images=[grey.rotate(90)] * 5)
    bomb = png(60_000, 60_000, data=bytes(10**6))
    files = {
        "zero bytes": (b"", 400),
        "one byte": (b"\x89", 415),
        "text": (b"I am a picture", 415),
        "text in UTF-16": ("digit".encode("utf-16"), 415),
        "html": (b"<html><script>alert(1)</script></html>", 415),
        "json": (b'{"label": 7}', 415),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
                415),
        "svg bomb": (b"<!DOCTYPE a [<!ENTITY a 'aaaa'>]><svg>&a;</svg>", 415),
        "zip": (zipped(), 415),
        "pdf": (b"%PDF-1.7\n%%EOF", 415),
        "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", 415),
        "elf": (b"\x7fELF" + bytes(200), 415),
        "null bytes": (bytes(100_000), 415),
        "noise": (noise.tobytes(), 415),
        "path": (b"../../etc/passwd\n", 415),
        "ico": (encode(colour.resize((32, 32)), "ICO"), 415),
        "ppm": (encode(colour, "PPM"), 415),
        "1×1": (encode(Image.new("L", (1, 1))), 400),
        "1×1 alpha": (encode(Image.new("RGBA", (1, 1))), 400),
        "blank": (encode(Image.new("L", (280, 280), "white")), 400),
        "100,000×1": (encode(Image.new("L", (100_000, 1), 255)), 400),
        "1×100,000": (encode(Image.new("L", (1, 100_000), 255)), 400),
        "bomb": (bomb, 413),
        "bomb, just too large": (png(5001, 5000), 413),
        "bomb of a GIF": (whole["GIF"][:6] + b"\xff" * 4 + whole["GIF"][10:], 413),
        "bomb of a BMP": (
            b"BM" + struct.pack("<IIIIiiHH", 100, 0, 54, 40, 60_000, 60_000, 1, 24) + bytes(24),
            413,
        ),
        "0×0": (png(0, 0), 415),
        "negative size": (png(0x80000001, 1), 413),
        "no pixels": (png(100, 100), 415),
        "text bomb": (
            png(10, 10, extra=b"".join(
                struct.pack(">I", len(c)) + b"zTXt" + c + struct.pack(">I", zlib.crc32(b"zTXt" + c))
                for c in [b"a\0\0" + zlib.compress(bytes(80_000_000))])), 415),
        "animated": (animated, 0),
        "16 bits": (encode(deep), 0),
        "16 bits, TIFF": (encode(deep, "TIFF"), 0),
        "floats": (encode(floats, "TIFF"), 0),
        "cmyk": (encode(colour.convert("CMYK"), "JPEG"), 0),
        "cmyk, TIFF": (encode(colour.convert("CMYK"), "TIFF"), 0),
        "alpha": (encode(alpha), 0),
        "grey and alpha": (encode(alpha.convert("LA")), 0),
        "palette": (encode(colour.convert("P")), 0),
        "one bit": (encode(grey.convert("1")), 0),
        "large": (encode(grey.resize((4990, 4990))), 0),
        "tiny": (encode(grey.resize((9, 9))), 0),
        "progressive": (encode(colour, "JPEG", progressive=True, quality=5), 0),
        "more after the end": (whole["PNG"] + zipped(), 0),
    }  # fmt: skip
    for kind, content in whole.items():
        files[kind] = (content, 0)
        files[f"{kind}, truncated"] = (content[: len(content) // 2], None)
        files[f"{kind}, header alone"] = (content[:20], 415)
        damaged = bytearray(content)
        damaged[len(content) // 3 : len(content) // 3 + 40] = bytes(range(40))
        files[f"{kind}, damaged"] = (bytes(damaged), None)
    return files


@pytest.mark.filterwarnings("ignore")  # Pillow, about damaged files
def test_hostile_files(client, seven, encode, noise, one):
    """Each is predicted or refused with one message; None: either of them."""
    files = hostile(seven, encode, noise)
    assert len(files) >= 60
    wrong = {}
    for name, (content, status) in files.items():
        assert len(content) <= 5_000_000, name
        answer = predict(client, content, "?explain=1")
        told = answer.json()
        if answer.status_code == 200:
            fine = status in (0, None) and len(told["probabilities"]) == 10
        else:
            message = told.get("error", "")
            fine = status in (answer.status_code, None) and answer.status_code in (400, 413, 415)
            fine = fine and list(told) == ["error"] and len(message.splitlines()) == 1
            fine = fine and 10 < len(message) < 200
        if not fine:
            wrong[name] = (status, answer.status_code, str(told)[:150])
    assert wrong == {}
    assert predict(client, one).json()["label"] == "1"  # the server is alive


def test_what_is_predicted_of_strange_files(client, seven, encode, noise):
    files = hostile(seven, encode, noise)
    names = ["animated", "16 bits", "floats", "cmyk", "alpha", "one bit", "large", "tiny", "BMP"]
    labels = {name: predict(client, files[name][0]).json()["label"] for name in names}
    assert labels == dict.fromkeys(names, "7")
