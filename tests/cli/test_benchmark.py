import os
import re
import shlex
import signal
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from typer.testing import CliRunner

import lenet_sklearn
from lenet_sklearn import LeNet5Classifier, cli, comparison
from lenet_sklearn.comparison import make_baselines, run_benchmark

QUICK = ("--limit", "120", "--cv", "2")
ALL = ["LeNet-5", "SVM", "Random forest", "MLP", "k-NN", "Logistic regression", "Dummy"]


def run(*args, columns=None):
    """Run a command in this process; columns=None is a pipe without a width."""
    env = {"COLUMNS": columns and str(columns), "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, args, env=env, prog_name="lenet-sklearn")


def run_in_a_process(*args, **more):
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "PYTHONWARNINGS")}
    return subprocess.run(
        [sys.executable, "-m", "lenet_sklearn", *args],
        capture_output=True,
        text=True,
        timeout=120,
        env={**env, "OMP_NUM_THREADS": "1", **more},
    )


def assert_error(result, *parts):
    """One line on stderr, nothing on stdout, exit code 2."""
    code = result.exit_code if hasattr(result, "exit_code") else result.returncode
    assert (code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert result.stderr.startswith("Error: ")
    for part in parts:
        assert part in result.stderr


def write_csv(path, X, y, header=False):
    frame = pd.DataFrame(X.astype(int), columns=[f"pixel_{i}" for i in range(X.shape[1])])
    frame.insert(0, "class", y)
    frame.to_csv(path, index=False, header=header)
    return str(path)


@pytest.fixture
def digits_csv(tmp_path):
    X, y = load_digits(return_X_y=True)
    return write_csv(tmp_path / "images.csv", X[:100], y[:100], header=True)


@pytest.fixture
def odd_csv(tmp_path):
    X = np.random.default_rng(0).integers(0, 256, (40, 12))
    return write_csv(tmp_path / "odd.csv", X, ["a", "b"] * 20)


@pytest.fixture
def calls(monkeypatch):
    """What the command gives to run_benchmark, which is not run."""
    seen = []

    def record(estimators, X, y, **options):
        seen.append({"estimators": estimators, "X": X, "y": y, **options})
        raise ValueError("recorded")

    monkeypatch.setattr(comparison, "run_benchmark", record)
    return seen


@pytest.fixture(scope="module")
def all_models(tmp_path_factory):
    """A finished run of all models: repeated, it computes nothing and prints the same."""
    out = tmp_path_factory.mktemp("runs") / "all"
    args = ("benchmark", *QUICK, "--out", str(out))
    return args, out, run(*args)


# The table


def test_all_models_stand_in_one_table(all_models):
    _, out, result = all_models
    assert (result.exit_code, result.stderr) == (0, "")
    first, table, last = result.stdout.split("\n\n")
    assert first == "digits: 120 images of 8×8 pixels, 10 classes; mean ± sd of 2 folds, seed 0"
    assert "vs. LeNet-5: difference in accuracy. p: how often folds would differ so much" in last
    assert "No p-values: they need at least 5 folds, and there are 2." in last
    assert f"Written to {out}" in last
    rows = {re.split(r"\s{2,}", line)[0]: line for line in table.splitlines()[3:]}
    assert sorted(rows) == sorted(ALL)
    expected = pd.read_csv(out / "table.csv", index_col="model")
    assert list(rows) == list(expected.index)
    for name, line in rows.items():
        accuracy, sd = expected.loc[name, ["accuracy", "accuracy_sd"]]
        assert f"{accuracy:.4f} ± {sd:.4f}" in line
        assert f"{expected.loc[name, 'recall_macro']:.4f}" in line


def test_the_models_are_tested_once(tmp_path, monkeypatch):
    tested = []
    compare = comparison.compare_models

    def record(*args, **options):
        tested.append(options["metric"])
        return compare(*args, **options)

    monkeypatch.setattr("lenet_sklearn.comparison._result.compare_models", record)
    args = ("benchmark", *QUICK, "--models", "dummy,k-nn", "--out", str(tmp_path))
    assert run(*args).exit_code == 0
    assert tested == ["accuracy"]


def test_the_files_can_be_read(all_models):
    _, out, _ = all_models
    scores = pd.read_csv(out / "scores.csv")
    assert len(scores) == 14
    assert set(scores["model"]) == set(ALL)
    assert (scores["n_train"] == 60).all()
    assert (out / "table.md").read_text(encoding="utf-8").startswith("| model")
    (table,) = re.findall(r"<table>.*</table>", (out / "table.html").read_text("utf-8"), re.S)
    assert table.count("<tr>") == 1 + len(ALL)


@pytest.mark.parametrize(
    ("columns", "last"),
    [(40, "accuracy"), (80, "µs/image"), (120, "kB"), (200, "macro"), (None, "macro")],
)
def test_the_table_fits_and_nothing_is_cut(all_models, columns, last):
    args, _, whole = all_models
    result = run(*args, columns=columns)
    first, table, _ = result.stdout.split("\n\n", 2)
    heading, rows = re.split(r"\n─+\n", table)
    assert heading.endswith(last)
    assert len(rows.splitlines()) == len(ALL)
    lines = [*first.splitlines(), *table.splitlines()]
    assert all(len(line) <= (columns or 1000) for line in lines)
    assert "…" not in result.stdout
    assert "\x1b" not in result.stdout
    for row in rows.splitlines():
        assert row[:36] in whole.stdout  # model and accuracy, whole


def test_lenet5_has_its_defaults_and_the_seed(digits_csv, tmp_path):
    args = ("--data", digits_csv, "--cv", "2", "--seed", "3", "--models", "dummy,lenet-5")
    assert run("benchmark", *args, "--out", str(tmp_path / "run")).exit_code == 0
    X, y = load_digits(return_X_y=True)
    models = {"LeNet-5": LeNet5Classifier(), "Dummy": make_baselines()["Dummy"]}
    expected = run_benchmark(models, X[:100], y[:100], cv=2, random_state=3, progress=False)
    columns = ["model", "fold", "accuracy", "log_loss"]
    scores = pd.read_csv(tmp_path / "run" / "scores.csv")[columns]
    pd.testing.assert_frame_equal(
        scores.sort_values(["model", "fold"], ignore_index=True),
        expected.scores[columns].sort_values(["model", "fold"], ignore_index=True),
        rtol=1e-4,
    )


def test_without_lenet5_the_best_is_the_reference():
    result = run("benchmark", *QUICK, "--models", "dummy,k-nn")
    assert "vs. k-NN, the best: difference" in result.stdout


def test_one_model_is_compared_with_none():
    result = run("benchmark", *QUICK, "--models", "k-nn")
    assert result.exit_code == 0
    assert "vs." not in result.stdout


# Corruptions


def test_corruptions_are_a_column(tmp_path):
    args = ("benchmark", *QUICK, "--models", "k-nn,dummy", "--corruptions", "--out", str(tmp_path))
    result = run(*args)
    assert (result.exit_code, result.stderr) == (0, "")
    _, table, _, note = result.stdout.split("\n\n")
    assert re.search(r"^model +accuracy +corrupted ", table, re.M)
    expected = pd.read_csv(tmp_path / "table.csv", index_col="model")["accuracy_corrupted"]
    for model, accuracy in expected.items():
        assert re.search(rf"^{model} +[\d.]+ ± [\d.]+ +{accuracy:.4f} ", table, re.M)
    assert note.startswith("corrupted: mean of 15 corruptions, each of at most 1,000 test images")
    narrow = run(*args, columns=35).stdout.split("\n\n")[1].splitlines()
    assert narrow[1].endswith("corrupted")  # the most important after the accuracy
    assert_error(run(*args[:-3], *args[-2:]), "--corruptions is no longer there", "another --out")


def test_one_model_and_corruptions():
    result = run("benchmark", *QUICK, "--models", "dummy", "--corruptions")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "corrupted" in result.stdout
    assert "vs." not in result.stdout


def test_a_folder_without_corruptions_is_not_taken_for_one_with_them(tmp_path):
    args = ("benchmark", *QUICK, "--models", "dummy", "--out", str(tmp_path))
    assert "corrupted" not in run(*args).stdout
    assert_error(run(*args, "--corruptions"), "--corruptions was not there", "another --out")


def test_corruptions_of_rows_that_are_no_square(calls, odd_csv):
    args = ("benchmark", "--data", odd_csv, "--corruptions", "--models", "k-nn")
    result = run(*args)
    assert "12 pixels are no square: they are corrupted as 4×4, the last 4 of them" in result.stderr
    result = run(*args, "--image-shape", "3x4")
    assert result.stderr == "Error: recorded\n"
    assert [call["image_shape"] for call in calls] == [None, (3, 4)]


def test_corruptions_of_what_are_no_images(odd_csv):
    args = ("benchmark", "--data", odd_csv, "--corruptions", "--cv", "2", "--models", "k-nn")
    result = run(*args, "--image-shape", "3x4")
    assert_error(result, "--corruptions needs images of at least 4×4", "3×4", "--image-shape")


# What is given to the benchmark


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ("K NN, Dummy ,lenet_5", ["k-NN", "Dummy", "LeNet-5"]),
        ("random-forest,logistic regression,", ["Random forest", "Logistic regression"]),
        ("SVM,svm", ["SVM"]),
        ("all", ALL),
        (None, ALL),
    ],
)
def test_models(calls, models, expected):
    run("benchmark", *(() if models is None else ("--models", models)))
    assert list(calls[0]["estimators"]) == expected
    assert calls[0]["reference"] == ("LeNet-5" if "LeNet-5" in expected else None)


def test_the_help_names_all_models():
    available = ["LeNet-5", *make_baselines()]
    assert [
        name.lower().replace(" ", "-") for name in available
    ] == cli.benchmark._MODEL_NAMES.split(", ")


def test_the_options_are_passed_on(calls, tmp_path):
    run("benchmark", "--cv", "4", "--jobs", "-1", "--seed", "7", "--out", str(tmp_path))
    assert {name: calls[0][name] for name in ("cv", "n_jobs", "random_state", "out_dir")} == {
        "cv": 4,
        "n_jobs": -1,
        "random_state": 7,
        "out_dir": tmp_path,
    }
    assert calls[0]["corruptions"] is None
    run("benchmark", "--corruptions")
    assert calls[1]["corruptions"] == "all"
    X, y = load_digits(return_X_y=True)
    np.testing.assert_array_equal(calls[0]["X"], X)
    np.testing.assert_array_equal(calls[0]["y"], y)


def test_limit_draws_each_class_in_its_share(calls, tmp_path):
    X = np.arange(4000).reshape(1000, 4) % 251
    sizes = {"a": 700, "b": 200, "c": 100}
    y = np.repeat(list(sizes), list(sizes.values()))
    data = write_csv(tmp_path / "uneven.csv", X, y)
    for seed in ("0", "0", "1"):
        run("benchmark", "--data", data, "--limit", "101", "--cv", "2", "--seed", seed)
    for call in calls:
        counts = pd.Series(call["y"]).value_counts()
        assert counts.sum() == len(call["X"]) == 101
        assert all(abs(counts[name] - 0.101 * n) < 1 for name, n in sizes.items())
        rows = {tuple(row) for row in X[y == "c"]}
        assert all(tuple(row) in rows for row in call["X"][call["y"] == "c"])
    np.testing.assert_array_equal(calls[0]["X"], calls[1]["X"])
    assert not np.array_equal(calls[0]["X"], calls[2]["X"])


def test_a_limit_above_all_images_takes_all(calls):
    run("benchmark", "--limit", "99999")
    assert len(calls[0]["X"]) == 1797


@pytest.mark.parametrize("option", [[], ["--separator", ";"], ["--separator", r"\t"]])
def test_csv_files_of_other_shapes_and_separators(calls, tmp_path, option):
    X = np.arange(240).reshape(20, 12)
    separator = option[1].replace(r"\t", "\t") if option else ","
    frame = pd.DataFrame(X).assign(Class=["a", "b"] * 10)
    frame.to_csv(
        tmp_path / "odd.csv", sep=separator, index=False, header=[*"pqrstuvwxyz_", "Class"]
    )
    data = ("--data", str(tmp_path / "odd.csv"))
    result = run("benchmark", *data, "--image-shape", "3x2x2", *option)
    np.testing.assert_array_equal(calls[0]["X"], X)
    assert calls[0]["y"].tolist() == ["a", "b"] * 10
    assert calls[0]["estimators"]["LeNet-5"].image_shape == (3, 2, 2)
    assert result.stderr.count("\n") == 2  # the label, and that this is only recorded
    assert "column 12, which has the name 'Class'. Set --label-column='Class'" in result.stderr
    result = run("benchmark", *data, "--image-shape", "3x4", "--label-column", "Class", *option)
    assert result.stderr == "Error: recorded\n"


def test_the_shape_is_shown(odd_csv):
    args = ("--data", odd_csv, "--image-shape", "3x4", "--models", "lenet-5", "--cv", "2")
    result = run("benchmark", *args)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "40 images of 3×4 pixels" in result.stdout


@pytest.mark.parametrize("column", ["class", "0", "-65"])
def test_label_column(calls, digits_csv, column):
    run("benchmark", "--data", digits_csv, "--label-column", column)
    assert calls[0]["X"].shape == (100, 64)
    np.testing.assert_array_equal(calls[0]["y"], load_digits().target[:100])


def test_mnist_is_found_under_any_spelling(calls, monkeypatch):
    for name in ("mnist", "fashion_mnist"):
        loader = f"fetch_{name}"
        monkeypatch.setattr(
            lenet_sklearn.datasets, loader, lambda return_X_y, name=name: (np.zeros((4, 9)), [name])
        )
    for name in ("MNIST", "Fashion-MNIST", "fashion mnist"):
        run("benchmark", "--data", name)
    assert [call["y"] for call in calls] == [["mnist"], ["fashion_mnist"], ["fashion_mnist"]]


# Errors and warnings


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["--models", "svn"], ["'--models'", "'svn'. Did you mean svm?", "random-forest"]),
        (["--models", "qqq"], ["no model 'qqq'. Give any of lenet-5, svm"]),
        (["--models", ","], ["'--models'", "empty", "lenet-5"]),
        (["--data", "mnits"], ["'--data'", "'mnits'. Did you mean mnist?", "CSV file"]),
        (["--data", "absent.csv"], ["no file 'absent.csv'"]),
        (["--data", "lenet_sklearn/_weights"], ["folder", "picture"]),
        (["--data", "digits", "--label-column", "0"], ["'--label-column'", "Leave it out"]),
        (["--data", "digits", "--image-shape", "8x8"], ["'--image-shape'", "Leave it out"]),
        (["--data", "digits", "--separator", ";"], ["'--separator'", "Leave it out"]),
        (["--image-shape", "8"], ["'--image-shape'", "'8' is no shape", "28x28"]),
        (["--image-shape", "8x0"], ["'--image-shape'", "'8x0'"]),
        (["--image-shape", "1x2x3x4"], ["'--image-shape'", "'1x2x3x4'"]),
        (["--cv", "1"], ["'--cv'", "2"]),
        (["--cv", "two"], ["'--cv'", "valid int"]),
        (["--cv", "500", "--models", "dummy"], ["--cv=500", "174 of class 8", "fewer folds"]),
        (["--jobs", "0"], ["'--jobs'", "0", "-1 for all processors"]),
        (["--limit", "0"], ["'--limit'"]),
        (["--limit", "20"], ["'--limit'", "5 folds", "10 classes", "at least 52"]),
        (["--seed", "-1"], ["'--seed'"]),
        (["--seed", str(2**32)], ["--seed", "2**32 - 1", str(2**32)]),
        (["--modles", "svm"], ["--modles", "--models", "benchmark --help"]),
        (["svm"], ["svm", "benchmark --help"]),
    ],
)
def test_wrong_usage(args, parts):
    assert_error(run("benchmark", *args), *parts)


@pytest.mark.parametrize(
    ("content", "args", "parts"),
    [
        ("", [], ["it is empty"]),
        ("a,1,2,3,4\nb,1,2\n", [], ["line 2 must have 5 cells. Got 3"]),
        ("a,1,2,3,4\nb,1,2,3,999\n", [], ["line 2", "must be a pixel from 0 to 255. Got '999'"]),
        ("l,p,q\na,1,2\n", ["--label-column", "m"], ["--label-column='m'", "'l', 'p', 'q'"]),
        (
            "a,1,2\n",
            ["--label-column", "9"],
            ["--label-column must be", "from -3 to 2"],
        ),
        ("0.5,1,2,3,4\n1.5,1,2,3,4\n", [], ["'--label-column'", "0.5"]),
        ("a,1,2,3,4\n" * 9, ["--models", "dummy"], ["at least two classes", "'a'"]),
        ("0,1,2,3,4\n" * 9, [], ["'--label-column'", "at least two classes", "in another one?"]),
        ("a,1,2,3,4\nb,1,2,3,4\n", ["--image-shape", "2x3"], ["'--image-shape'", "2×3", "have 4"]),
        ("a;1;2\nb;1;2\n", [], ["It is probably ';': set --separator=';'"]),
        ("a;1;2\nb;1;2\n", ["--separator", ";;"], ["'--separator'", "';;'"]),
        ("a,1,2,3,4\n" * 9 + "b,1,2,3,4\n", ["--cv", "2"], ["--cv=2 folds", "1 of class 'b'"]),
        ("a,1,2,3,4\n" * 9 + "b,1,2,3,4\n", ["--cv", "2", "--limit", "6"], ["1 of class 'b'"]),
        (("a" + ",0" * 65 + "\nb" + ",9" * 65 + "\n") * 5, [], ["65 columns", "8×8", "--label"]),
    ],
)
def test_a_bad_csv_file(tmp_path, content, args, parts):
    path = tmp_path / "cv" / "bad.csv"  # the folder is no option: its name stays
    path.parent.mkdir()
    path.write_text(content)
    result = run("benchmark", "--data", str(path), *args)
    assert_error(result, *parts)
    if "CSV file" in result.stderr:
        assert str(path) in result.stderr


def test_out_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        result = run("benchmark", *QUICK, "--models", "dummy", "--out", str(out))
        assert_error(result, "--out", str(out))


def test_the_folder_of_another_run_is_refused(tmp_path):
    args = ("benchmark", *QUICK, "--models", "dummy", "--out", str(tmp_path))
    assert run(*args).exit_code == 0
    assert_error(run(*args, "--seed", "1"), "--out=", "--seed was 0 and is now 1", "another --out")


def test_a_data_set_that_cannot_be_had(tmp_path, monkeypatch):
    def download(*args, **kwargs):
        raise OSError("Cannot download it.\n  - one mirror: down\n  - another: down\nDo this.")

    monkeypatch.setattr("lenet_sklearn.datasets._fetch.download", download)
    monkeypatch.setattr("lenet_sklearn.datasets._fetch._cache_folder", lambda: tmp_path)
    monkeypatch.delenv("LENET_SKLEARN_DATA", raising=False)
    result = run("benchmark", "--data", "mnist")
    assert_error(result)
    assert result.stderr == "Error: Cannot download it. Do this.\n"


def test_our_own_mistakes_are_not_hidden(monkeypatch):
    def broken(*args, **kwargs):
        raise TypeError("a bug")

    monkeypatch.setattr(comparison, "run_benchmark", broken)
    result = run("benchmark")
    assert isinstance(result.exception, TypeError)
    assert result.stderr == ""


def test_a_failed_model_is_reported_and_the_others_go_on(monkeypatch):
    def fail(self, X, y, sample_weight=None):
        raise RuntimeError("no\nluck")

    monkeypatch.setattr(DummyClassifier, "fit", fail)
    result = run("benchmark", *QUICK, "--models", "dummy,k-nn")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Dummy failed in 2 of 2 folds: RuntimeError: no luck" in result.stdout
    result = run("benchmark", *QUICK, "--models", "dummy")
    assert (result.exit_code, result.stderr) == (1, "Error: every model failed.\n")
    assert "Dummy failed in 2 of 2 folds" in result.stdout


def test_a_warning_is_one_line_and_comes_once(monkeypatch):
    fit = DummyClassifier.fit

    def warn(self, X, y):
        warnings.warn("it did not\n  converge", UserWarning, stacklevel=1)
        return fit(self, X, y)

    monkeypatch.setattr(DummyClassifier, "fit", warn)
    result = run("benchmark", *QUICK, "--models", "dummy")
    assert (result.exit_code, result.stderr) == (0, "Warning: it did not converge\n")


def test_what_joblib_says_of_its_workers_is_no_news(monkeypatch):
    fit = DummyClassifier.fit

    def warn(self, X, y):
        text = "A worker stopped while some jobs were given to the executor."
        place = ("process_executor.py", 1, "joblib.externals.loky.process_executor")
        warnings.warn_explicit(text, UserWarning, *place)
        return fit(self, X, y)

    monkeypatch.setattr(DummyClassifier, "fit", warn)
    result = run("benchmark", *QUICK, "--models", "dummy")
    assert (result.exit_code, result.stderr) == (0, "")


# Stopping and going on


@pytest.mark.parametrize("swallows", [False, True], ids=["raises", "swallows"])
def test_a_stopped_run_goes_on(tmp_path, monkeypatch, swallows):
    """LeNet-5 and the MLP end training at Ctrl-C; what they have then is no score."""
    fit = DummyClassifier.fit

    def interrupted(self, X, y):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            if not swallows:
                raise
        return fit(self, X, y)

    args = ("benchmark", *QUICK, "--models", "k-nn,dummy", "--out", str(tmp_path))
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(DummyClassifier, "fit", interrupted)
        result = run(*args)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == (
        f"Stopped: by Ctrl-C. Finished folds are in {tmp_path}: the same command goes on.\n"
    )
    assert signal.getsignal(signal.SIGINT) is handler
    (finished,) = (tmp_path / "rows").glob("*.json")
    before = finished.stat().st_mtime_ns
    assert run(*args).exit_code == 0
    assert finished.stat().st_mtime_ns == before
    assert len(pd.read_csv(tmp_path / "scores.csv")) == 4


def test_stopped_without_a_folder(monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "run_benchmark", stop)
    result = run("benchmark")
    assert (result.exit_code, result.stderr) == (130, "Stopped: by Ctrl-C.\n")


# Help


def test_the_examples_run(digits_csv, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").symlink_to(pictures)
    lines = run("benchmark", "--help", columns=80).stdout.splitlines()
    examples = [line.strip() for line in lines if line.startswith(" lenet-sklearn ")]
    assert len(examples) == 6
    for example in examples:
        if "--dask" in example:  # it takes a cluster: test__dask.py has one
            continue
        args = shlex.split(example)[1:]
        quick = ["--limit", "60", "--cv", "2", "--models", "dummy", "--jobs", "1"]
        offline = ["--data", "digits"] if "mnist" in args else []
        result = run(*args, *quick, *offline)
        assert result.exit_code == 0, (example, result.stderr)


# Charts


def test_charts_are_drawn_beside_the_tables(all_models):
    _, out, result = all_models
    for name in ("accuracy.png", "accuracy-fit-time.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
        assert name in result.stdout


def test_the_page_names_the_data_and_has_the_charts_inside(all_models):
    page = (all_models[1] / "table.html").read_text(encoding="utf-8")
    assert "<title>Benchmark on scikit-learn&#x27;s digits</title>" in page
    assert page.count('<img src="data:image/png;base64,') == 2


def test_without_matplotlib_there_are_no_charts(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    result = run("benchmark", *QUICK, "--models", "dummy", "--out", str(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "png" not in result.stdout
    assert (tmp_path / "table.md").exists()
    assert not list(tmp_path.glob("*.png"))


# As a program


def test_the_program(odd_csv, tmp_path):
    args = ("--data", odd_csv, "--models", "lenet-5,dummy", "--cv", "2", "--jobs", "2")
    result = run_in_a_process("benchmark", *args, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert result.stderr.startswith("Warning: 12 pixels are no square: LeNet-5 sees them as 4?4")
    assert result.stderr.count("\n") == 1  # and nothing from the workers
    assert re.search(r"^LeNet-5 +\|0\.\d{4} \? 0", result.stdout, re.M)


def test_the_program_fails_in_one_line():
    assert_error(run_in_a_process("benchmark", "--models", "svn"), "Did you mean svm?")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
@pytest.mark.parametrize("args", [["benchmark", *QUICK, "--models", "dummy"], ["benchmark", "-h"]])
def test_nobody_reads_the_output(args):
    """As in `lenet-sklearn benchmark | head -1`; exit code 1 would mean that every model failed."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lenet_sklearn", *args],
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=120,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# Pictures


def test_a_folder_of_pictures(pictures):
    args = ["--data", str(pictures), "--size", "6x8", "--colour", "--models", "dummy,lenet-5"]
    result = run("benchmark", *args, "--cv", "2", "--limit", "30")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{pictures}: 30 images of 6×8×3 pixels, 3 classes")
