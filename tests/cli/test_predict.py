"""The command that predicts picture files."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lenet_sklearn import cli, load_model
from lenet_sklearn.datasets import read_images


def run(*args, stdin=None):
    env = {"COLUMNS": None, "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["predict", *map(str, args)], env=env, input=stdin)


@pytest.fixture(scope="module")
def files(pictures):
    return [sorted((pictures / name).iterdir())[0] for name in ("zero", "one", "seven")]


@pytest.fixture(scope="module")
def digit(like_mnist, tmp_path_factory):
    """A black 7 on white paper, drawn large; and its picture in MNIST's form."""
    X, y = like_mnist
    image = Image.fromarray(X[np.flatnonzero(y == 7)[0]].reshape(28, 28))
    folder = tmp_path_factory.mktemp("drawn")
    paper = Image.new("L", (300, 200), 255)
    paper.paste(Image.eval(image.resize((140, 140)), lambda v: 255 - v), (20, 10))
    paper.save(folder / "paper.png")
    image.save(folder / "mnist.png")
    return folder


def test_the_table(picture_model, files):
    result = run(picture_model, *files)
    assert (result.exit_code, result.stderr) == (0, "")
    head, _, *rows = [line.split() for line in result.stdout.splitlines()]
    assert head == ["picture", "label", "probability", "next"]
    assert [row[:2] for row in rows] == [
        [str(file), name] for file, name in zip(files, ("zero", "one", "seven"), strict=True)
    ]


def test_json_and_csv_hold_what_the_model_says(picture_model, files):
    model = load_model(picture_model)
    proba = model.predict_proba(read_images(files, labels=None).data)
    content = json.loads(run(picture_model, *files, "--json").stdout)
    assert [entry["image"] for entry in content] == [str(file) for file in files]
    for entry, row in zip(content, proba, strict=True):
        assert (entry["label"], entry["probability"]) == tuple(entry["top"][0].values())
        assert [guess["label"] for guess in entry["top"]] == model.classes_[
            (-row).argsort()
        ].tolist()
        np.testing.assert_allclose([g["probability"] for g in entry["top"]], -np.sort(-row))
    rows = list(csv.DictReader(io.StringIO(run(picture_model, *files, "--csv").stdout)))
    assert [row["label"] for row in rows] == ["zero", "one", "seven"]
    assert [row["label_3"] for row in rows] == [entry["top"][2]["label"] for entry in content]
    assert float(rows[0]["probability"]) == pytest.approx(proba.max(axis=1)[0], abs=1e-6)


def test_a_folder_and_standard_input(picture_model, pictures, files):
    assert len(json.loads(run(picture_model, pictures / "one", "--json").stdout)) == 20
    result = run(picture_model, "-", "--json", stdin=files[2].read_bytes())
    assert [(e["image"], e["label"]) for e in json.loads(result.stdout)] == [("-", "seven")]


def test_broken_files_among_good_ones(picture_model, files, tmp_path):
    broken = {
        "empty.png": b"",
        "text (1).png": b"no picture",
        "cut.png": files[0].read_bytes()[:60],
        "new\nline.png": b"x",
        "zip.png": b"PK\x03\x04" + bytes(99),
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "no pictures").mkdir()
    good = tmp_path / "good\nname.png"
    shutil.copy(files[1], good)
    bad = [tmp_path / name for name in (*broken, "absent.png", "no pictures")]
    result = run(picture_model, *bad[:4], good, *bad[4:], files[0], "--json")
    assert result.exit_code == 1
    answers = {entry["image"]: entry["label"] for entry in json.loads(result.stdout)}
    assert answers == {str(good): "one", str(files[0]): "zero"}
    assert result.stderr.count("\n") == result.stderr.count("Error: ") == len(bad)
    reasons = (
        "text (1).png' cannot be read: not a picture.",
        "empty.png' cannot be read: zero bytes.",
        r"new\nline.png' cannot be read: not a picture.",
        "but a ZIP file.",
        "an SVG drawing",
        "absent.png' cannot be read: no such file.",
        "has no pictures",
    )
    for reason in reasons:
        assert reason in result.stderr
    assert r"good\nname.png" in run(picture_model, good).stdout


def test_nothing_that_can_be_read(picture_model):
    result = run(picture_model, "-", stdin=b"")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: standard input cannot be read: zero bytes.\n"
    assert run(picture_model, "-", "--json", stdin=b"").stdout == "[]\n"


def test_the_shipped_digits_take_drawings(digit):
    paper, mnist = digit / "paper.png", digit / "mnist.png"
    assert [e["label"] for e in json.loads(run("mnist", paper, mnist, "--json").stdout)] == [
        "7"
    ] * 2
    plain = json.loads(run("mnist", mnist, "--no-drawing", "--json").stdout)
    drawn = json.loads(run("mnist", mnist, "--drawing", "--json").stdout)
    assert plain != drawn
    assert json.loads(run("mnist", mnist, "--json").stdout) == drawn
    shirt = json.loads(run("fashion-mnist", mnist, "--no-drawing", "--json").stdout)
    assert json.loads(run("fashion-mnist", mnist, "--json").stdout) == shirt


def test_white_ink_on_a_transparent_picture_is_read(digit, tmp_path):
    ink = Image.open(digit / "mnist.png").convert("L").resize((280, 280))
    picture = Image.new("RGBA", ink.size, "white")
    picture.putalpha(ink)
    picture.save(tmp_path / "white.png")
    result = run("mnist", tmp_path / "white.png", "--json")
    assert [entry["label"] for entry in json.loads(result.stdout)] == ["7"], result.stderr
    (tmp_path / "cut.png").write_bytes((tmp_path / "white.png").read_bytes()[:300])
    result = run("mnist", tmp_path / "cut.png")
    assert result.stderr.endswith("cut.png' cannot be read: truncated.\n")


def test_a_blank_drawing_is_no_digit(tmp_path):
    Image.new("L", (40, 40), 255).save(tmp_path / "blank.png")
    result = run("mnist", tmp_path / "blank.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "blank.png': it shows no strokes. --no-drawing predicts it as it is.\n"
    )


def test_pictures_get_the_size_of_the_model(picture_model, files, tmp_path):
    with Image.open(files[2]) as image:
        image.resize((80, 80)).save(tmp_path / "large.png")
        image.resize((30, 8)).save(tmp_path / "wide.png")
    large, wide = json.loads(run(picture_model, tmp_path, "--json").stdout)
    assert large["label"] == "seven"
    (stretched,) = json.loads(
        run(picture_model, tmp_path / "wide.png", "--resize", "stretch", "--json").stdout
    )
    assert stretched != wide


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (["--json", "--csv"], "'--csv'"),
        (["--drawing"], "was trained on 8×8"),
        (["--top", "9"], "No such option"),
    ],
)
def test_wrong_options(picture_model, files, args, part):
    result = run(picture_model, files[0], *args)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert part in result.stderr


def test_without_a_model_or_pictures(picture_model, files):
    assert run(files[0], files[0]).exit_code == 2
    assert "holds no model" in run(files[0], files[0]).stderr
    assert run(picture_model).exit_code == 2
