"""The benchmarks run, in sizes that say nothing of speed, and what they compute is right."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import lenet_sklearn
from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))

# The figures that each script must name: numbers, above zero but for the differences.
FIGURES = {
    "accuracy": {"accuracy", "fit_seconds", "log_loss", "calibration_error"},
    "busy": {"one_core_busy", "all_cores_busy", "mlp_one_core_busy"},
    "choices": {
        *("torch's own AdamW, fused", "… in bfloat16 (autocast)", "1,024 images predicted at once"),
        *("first_step_seconds", "first_step_seconds_torch"),
    },
    "coming_from": {
        f"{model}_{what}"
        for model in ("LeNet5Classifier", "MLPClassifier", "skorch", "PyTorch")
        for what in ("lines", "accuracy", "seconds")
    },
    "cost_model": {
        *("measured_over_model_1", "measured_over_model_2"),
        *("seconds_per_image_and_epoch", "seconds_per_job", "bytes_over_x_1"),
        "projected_seconds_10000000",
    },
    "demo": {
        *("start_seconds", "bars_ms", "predictions_per_second", "users_p95_ms", "errors"),
        *("memory_before_mb", "memory_after_mb"),
    },
    "drawing": {"accuracy_originals", "accuracy_thin pen", "milliseconds"},
    "engines": {
        *("loky_speedup", "loky_speedup_two_threads", "dask_over_loky", "bytes_over_x"),
        "engines_with_the_same_scores",
    },
    "explanations": {
        *("random_deletion_area", "gradcam_deletion_ratio", "integrated_gradients_deletion_ratio"),
        *("occlusion_deletion_ratio", "gradcam_correlation", "gradcam_seconds"),
    },
    "faults": {
        *("workers_killed", "right_answers", "schedulers_killed", "clear_errors"),
        *("right_after_errors", "rows_lost"),
    },
    "fit_vs_sklearn": {
        f"{model}_{what}"
        for model in ("lenet5", "svm", "random_forest", "mlp")
        for what in ("accuracy", "fit_seconds", "predict_seconds", "fit_ratio", "predict_ratio")
    },
    "fit_vs_skorch": {"ratio_batch_64", "ratio_batch_128", "paired_ratio_batch_128"},
    "fit_vs_torch_loop": {
        *("epoch_seconds", "ratio_hand_written", "paired_ratio_hand_written"),
        *("ratio_dataloader", "paired_ratio_dataloader", "ratio_tuned", "ratio_same_network"),
    },
    "gpu": {"seconds_to_0.2", "epochs_to_0.2", "test_accuracy_to_0.2", "images_per_second"},
    "import_time": {"beyond_seconds", "base_seconds"},
    "larger_than_memory": {"memmap_0.2_mb"},
    "limit": {"ratio", "paired_ratio", "gflop", "epoch_seconds", "matrix_gflops"},
    "memory": {"first_fit_memmap_300_mb"},
    "persistence": {
        *("pickle_bytes", "joblib_bytes", "safetensors_bytes", "onnx_bytes", "onnx_predict_ms"),
        *("safetensors_save_ms", "safetensors_load_ms", "onnx_save_ms"),
    },
    "predict": {
        *("ratio_bare", "paired_ratio_bare", "ratio_plain", "images_per_second"),
        *("times_svm_speed", "test_accuracy", "svm_test_accuracy", "svm_support_vectors"),
        *("one_image_microseconds", "ratio_one_image", "ratio_one_image_plain"),
    },
    "probabilities": {
        *("accuracy", "calibration_error", "calibration_error_scaled", "temperature"),
        *("conformal_coverage", "conformal_set_size", "dropout_accuracy"),
        *("auroc_mistakes_entropy", "auroc_strange_entropy"),
        *("auroc_mistakes_mutual_information", "auroc_strange_mutual_information"),
    },
    "read_images": {"seconds", "files_per_second", "peak_ratio"},
    "recipe": {"default"},
    "recipe_time": {
        *("default_fit_in_plain_epochs", "default_fit_in_hand_written_epochs"),
        *("augmentation_digits_ratio", "augmentation_objects_ratio"),
    },
    "robustness": {"LeNet-5: clean", "SVM: mean", "gain"},
    "scaling": {"exponent", "svm_exponent", "largest_n_seconds"},
    "search": {"speedup", "paired_speedup", "first_search_speedup"},
    "search_optuna": {
        *("optuna_validation_accuracy", "random_validation_accuracy", "difference_points"),
        *("optuna_test_accuracy", "random_test_accuracy", "optuna_trials", "random_trials"),
    },
    "small_data": {"digits_60", "digits_60_time_ratio"},
    "stacked": {
        *("accuracy", "products_accuracy", "products_ratio_processes"),
        *("products_paired_ratio_processes", "products_ratio_one_by_one"),
        *("products_cpu_ratio_processes", "vmap_accuracy", "vmap_ratio_processes"),
    },
    "time_to_accuracy": {"seconds_to_0.2", "epochs_to_0.2", "test_accuracy_to_0.2"},
}
# Noise can turn these negative in runs as small as here.
MAY_BE_NEGATIVE = {
    *("exponent", "svm_exponent", "first_fit_memmap_300_mb", "gradcam_correlation"),
    *("difference_points", "errors", "gain", "peak_ratio", "rows_lost"),
}
# TensorFlow is not a dependency; of all.py there is a test of its own.
NOT_RUN = {"fit_vs_keras", "all"}
# Lines of "what: figure (target bound: verdict)" that each prints.
N_TARGETS = {
    "busy": 2 if hasattr(os, "sched_setaffinity") else 1, "small_data": 2,
    "cost_model": 2,
    "demo": 4, "drawing": 9, "engines": 5, "explanations": 8, "faults": 4,
    "larger_than_memory": 1,
    "fit_vs_skorch": 2, "fit_vs_torch_loop": 1, "limit": 1, "memory": 1, "predict": 6,
    "probabilities": 5, "read_images": 2, "recipe_time": 3, "robustness": 1, "scaling": 1,
    "search_optuna": 1,
}  # fmt: skip


@pytest.fixture
def script(monkeypatch):
    """Load a script as a module, as `python benchmarks/<name>.py` would find its helpers."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name):
        spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def parts(script):
    """The modules that the scripts share, such as `parts.timing`, and a parsed command line."""
    names = ("arguments", "data", "network", "processes", "report", "timing")
    found = SimpleNamespace(**{name: script(f"_{name}") for name in names})
    make = found.arguments.make_parser
    found.parse = lambda typed, **tiny: found.arguments.parse(make(""), typed, **tiny)
    return found


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_script_is_run_here_and_by_all(script):
    assert set(SCRIPTS) == set(FIGURES) | NOT_RUN
    everything = script("all")
    assert {name for name, _ in everything.EVERYTHING.values()} == set(SCRIPTS) - {"all", "gpu"}
    assert len(everything.EVERYTHING) == len(everything.PLAN) + len(everything.LONG)


@pytest.fixture
def run_json_warm(strict_python, tmp_path):
    """Run `python -c SOURCE`, as `run_json` does, in a fork of a process that has torch."""

    def run(command, threads=1):  # it has one in any case
        _, option, source = command
        assert option == "-c"
        path = tmp_path / "source.py"
        path.write_text(source, encoding="utf-8")
        done = strict_python.run_warm(path, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_script(script, name, tmp_path, capsys, run_json_warm, monkeypatch):
    if name == "probabilities":
        pytest.importorskip("mapie", reason="conformal sets need the package mapie")
    if name in ("drawing", "read_images"):
        pytest.importorskip("PIL", reason="pictures need Pillow")
    if name == "larger_than_memory" and not sys.platform.startswith("linux"):
        pytest.skip("the limits are Linux's")
    if name == "search_optuna":
        pytest.importorskip("optuna", reason="the search needs the package optuna")
    if name in ("cost_model", "engines", "faults"):
        pytest.importorskip("distributed", reason="Dask needs the package distributed")
    if name == "demo":
        for package in ("uvicorn", "playwright"):
            pytest.importorskip(package, reason=f"the page is measured with {package}")
        if not any(map(shutil.which, script(name).BROWSERS)):
            pytest.skip("no Chromium is installed")
    out = tmp_path / "figures.json"
    options = ["--device", "cpu"] if name == "gpu" else []
    module = script(name)
    if name in ("busy", "import_time"):  # each of their runs has a process of its own
        monkeypatch.setattr(module, "run_json", run_json_warm)
    module.main(["--tiny", *options, "--out", str(out)])

    content = read(out)
    figures = content["figures"]
    assert FIGURES[name] <= set(figures)
    assert all(isinstance(figures[key], int | float) for key in FIGURES[name])
    assert not [key for key in FIGURES[name] - MAY_BE_NEGATIVE if figures[key] <= 0]
    assert content["benchmark"] == name
    assert {len(row) for row in content["rows"]} == {len(content["columns"])}
    torch_version = version("torch")  # torch.__version__ adds "+cu124" to some wheels
    assert content["machine"]["torch"] == torch_version

    printed = capsys.readouterr().out
    assert f"torch {torch_version}" in printed
    assert content["title"] in printed
    for row in content["rows"]:
        assert all(str(cell) in printed for cell in row)
    assert len(content["targets"]) == N_TARGETS.get(name, 0)
    assert len(re.findall(r"\(target [≤≥] [\d.]+", printed)) == len(content["targets"])
    typed = " ".join(["python", f"benchmarks/{name}.py", "--tiny", *options])
    assert content["command"] == typed


def test_the_page_has_the_lines_that_coming_from_counts(script):
    coming_from = script("coming_from")
    tasks = coming_from.read_tasks()
    assert set(tasks) == set(coming_from.PACKAGES)
    page = coming_from.PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (\d+) \|", page, flags=re.M))
    assert {name: int(lines) for name, lines in rows.items()} == {
        name: coming_from.count_lines(code) for name, code in tasks.items()
    }


def test_predictions_of_the_peers_are_the_same_network(script, tmp_path):
    out = tmp_path / "figures.json"
    script("predict").main(["--tiny", "--epochs", "3", "--out", str(out)])
    # Sums in another order may tip a near-tie, no more.
    assert min(read(out)["agreement"].values()) > 0.99


def test_all_runs_a_script_in_its_own_process(script, tmp_path, capfd):
    script("all").main(["--tiny", "--only", "limit", "fit_vs_keras", "--threads", "1",
                        "--results", str(tmp_path)])  # fmt: skip
    assert read(tmp_path / "limit.json")["machine"]["threads"] == 1
    printed = capfd.readouterr().out
    assert re.search(r"^limit +ratio +[\d.]+ +\d+$", printed, re.MULTILINE)


def test_all_goes_on_after_a_failure_and_says_so(script, tmp_path, capfd, monkeypatch):
    everything = script("all")
    monkeypatch.setattr(everything, "HERE", tmp_path)
    (tmp_path / "limit.py").write_text("raise SystemExit(3)")
    result = {"figures": {"speedup": 1.5, "a": None}, "targets": [["x", "1", "", "≤ 2", "met"]]}
    (tmp_path / "search.py").write_text(
        f"import sys; open(sys.argv[-1], 'w').write({json.dumps(result)!r})"
    )
    with pytest.raises(SystemExit) as left:
        everything.main(["--only", "limit", "search", "--results", str(tmp_path)])
    assert left.value.code == 2
    out, err = capfd.readouterr()
    assert re.search(r"^limit +FAILED with code 3", out, re.MULTILINE)
    assert re.search(r"^search +speedup +1\.5 +\d+\n +a +–", out, re.MULTILINE)
    assert re.search(r"^x +1 +≤ 2 +met$", out, re.MULTILINE)
    assert err.endswith("error: limit failed: see above.\n")


def test_all_leaves_out_what_brings_other_data(script, tmp_path, capsys):
    script("all").main(["--only", "accuracy_fashion", "recipe_fashion-mnist", "--data", "digits",
                        "--results", str(tmp_path)])  # fmt: skip
    assert capsys.readouterr().out.count("left out: it brings data of its own") == 2
    assert not list(tmp_path.iterdir())


def test_the_page_takes_what_was_measured_and_keeps_the_rest(script, parts, tmp_path):
    """Two runs stand in the page; a tiny one, and one that was cut short, do not."""
    target = parts.report.Target("a ÷ b", 0.6, at_most=0.85)
    for name, options in (("limit", []), ("gpu", []), ("search", ["--tiny"])):
        args = parts.parse(options)
        args.out = tmp_path / f"{name}.json"
        parts.report.report(name, args, f"Title of {name}", ["", "s"], [["row", "1.5"]], {"x": 1.5},
                      targets=[target], notes=["A note."])  # fmt: skip
    (tmp_path / "recipe_mnist.json").write_text('{"records": []}')
    page = tmp_path / "page.md"
    marks = script("_page").BEGIN, script("_page").END
    page.write_text(f"Before.\n\n{marks[0]}\nold\n{marks[1]}\n\nAfter.\n")
    for _ in range(2):  # the second time over its own
        script("all").main(["--page", str(page), "--results", str(tmp_path)])
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"Before.\n\n{marks[0]}\n\n### Targets\n")
        assert text.endswith(f"\n{marks[1]}\n\nAfter.\n")
    assert "old" not in text
    assert text.count("| a ÷ b | 0.60 |  | ≤ 0.85 | met | `") == 2
    assert "\n### limit\n\nTitle of limit. `python benchmarks/limit.py`, " in text
    assert "|  | s |\n| --- | ---: |\n| row | 1.5 |\n\nA note.\n" in text
    missing = re.search(r"^Not measured here: (.*)\.$", text, re.MULTILINE).group(1).split(", ")
    assert {"search", "recipe_mnist"} < set(missing)
    assert not {"limit", "gpu"} & set(missing)
    assert version("torch") in text
    assert str(tmp_path) not in text


def test_a_benchmark_that_is_run_again_changes_its_own_section(script, parts, tmp_path):
    new, page = tmp_path / "new", tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    marks = script("_page").BEGIN, script("_page").END
    page.write_text(f"{marks[0]}\n{marks[1]}\n")
    for names, seconds in ((("limit", "gpu"), "1.5"), (("gpu",), "0.5")):
        for name in names:
            args = parts.parse([])
            args.out = new / f"{name}.json"
            parts.report.report(name, args, f"Title of {name}", ["", "s"], [["row", seconds]], {})
        script("all").main(["--page", str(page), "--results", str(new)])
        shutil.rmtree(new)
    text = page.read_text(encoding="utf-8")
    assert [text.count(f"| row | {seconds} |") for seconds in ("1.5", "0.5")] == [1, 1]
    script("all").main(["--page", str(page), "--results", str(new)])
    assert page.read_text(encoding="utf-8") == text


def test_the_page_of_the_docs_shows_what_is_stored_beside_it(script, tmp_path):
    docs = FOLDER.parent / "docs"
    page = tmp_path / "performance.md"
    shutil.copy(docs / "performance.md", page)
    shutil.copytree(docs / "measured", tmp_path / "measured")
    script("all").main(["--page", str(page), "--results", str(tmp_path / "none")])
    assert page.read_text(encoding="utf-8") == (docs / "performance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["{cut", "[]"])
def test_a_damaged_result_is_named_and_the_page_stays(script, tmp_path, capsys, content):
    page, folder = tmp_path / "page.md", tmp_path / "results"
    page.write_text("as it was", encoding="utf-8")
    folder.mkdir()
    (folder / "memory.json").write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit):
        script("_page").write_page(page, folder, ["memory"])
    assert "memory.json" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == "as it was"


def test_the_page_needs_results_and_marks(script, parts, tmp_path, capsys):
    options = ["--page", str(tmp_path / "page.md"), "--results", str(tmp_path)]
    with pytest.raises(SystemExit):
        script("all").main(options)
    assert "holds no figures of whole runs" in capsys.readouterr().err
    args = parts.parse([])
    args.out = tmp_path / "limit.json"
    parts.report.report("limit", args, "", ["s"], [["1"]], {})
    with pytest.raises(SystemExit):
        script("all").main(options)
    assert "must hold the lines <!-- measured: begin -->" in capsys.readouterr().err


# The parts


def test_runs_take_turns_after_one_warm_up_each(parts):
    order = []
    runs = {name: lambda name=name: order.append(name) or len(order) for name in "AB"}
    timings = parts.timing.interleave(runs, 2)
    assert order == list("ABABAB")
    assert timings.results == {"A": [3, 5], "B": [4, 6]}
    assert [len(seconds) for seconds in timings.seconds.values()] == [2, 2]

    order.clear()
    short = {name: lambda name=name: order.append(name.lower()) for name in "AB"}
    parts.timing.interleave(runs, 1, warm_up=short)
    assert order == list("abAB")


def test_ratios(parts):
    timings = parts.timing.Timings({"ours": [1.0, 2.0, 9.0], "peer": [4.0, 4.0, 5.0]})
    assert timings.ratio("ours", "peer") == 2.0 / 4.0  # of the medians
    assert timings.paired_ratio("ours", "peer") == 0.5  # median of 1/4, 2/4 and 9/5
    assert timings.ratios("ours", "peer") == {"value": 0.5, "fastest": 0.25}
    assert timings.row("peer", against="ours", scale=0.5) == [
        "peer",
        "2",
        "2–2.5",
        "0.500",
        "0.500",
        "0.250",
    ]
    assert timings.row("ours", against="ours") == ["ours", "2", "1–9", "", "", ""]


def test_targets(parts):
    target = parts.report.Target("a ÷ b", 0.634, at_most=0.85, goal=0.5, fastest=0.6)
    assert str(target) == "a ÷ b: 0.63 (target ≤ 0.85, goal 0.5: met; fastest runs 0.60)"
    missed = parts.report.Target("accuracy", 0.9919, at_least=0.992, digits=4)
    assert str(missed) == "accuracy: 0.9919 (target ≥ 0.992: MISSED)"
    absent = parts.report.Target("peak", None, at_most=150, unit=" MB")
    assert str(absent) == "peak: – (target ≤ 150 MB: not measured)"
    bounds = [(1.0, {"at_most": 1}), (1.0, {"at_least": 1}), (1.1, {"at_most": 1})]
    verdicts = [parts.report.Target("", value, **bound).met for value, bound in bounds]
    assert verdicts == [True, True, False]


def test_the_command_names_no_place(parts):
    typed = ["--out", "/home/me/x.json", "--set", "a=b c", "--keras-python", "/opt/python"]
    assert parts.report.command("limit", typed) == "python benchmarks/limit.py --set 'a=b c'"


def test_growth_exponent(parts):
    sizes = [10, 100, 1000]
    assert parts.timing.growth_exponent(sizes, [3 * n**1.5 for n in sizes]) == pytest.approx(1.5)


def test_table(parts):
    assert parts.report.table(["", "s"], [["a", 10], ["long", 2]]).splitlines() == [
        "       s",
        "────  ──",
        "a     10",
        "long   2",
    ]


def test_the_peers_network_is_lenet5(parts):
    assert sum(p.numel() for p in parts.network.plain_network().parameters()) == 61_706


def test_digits_come_at_the_size_and_in_the_dtype_of_mnist(parts):
    data = parts.data.load(parts.parse(["--data", "digits"]))
    assert data.X.shape == (1437, 784)
    assert data.X_test.shape == (360, 784)
    assert data.X.dtype == np.uint8
    assert data.X.max() == 255
    assert np.bincount(data.y).sum() + np.bincount(data.y_test).sum() == len(load_digits().target)


def test_pixels_are_standardised_by_the_training_images(parts):
    X, X_test = np.array([[0] * 392 + [2] * 392] * 3), np.full((2, 784), 5)
    assert parts.data.as_tensor(X).unique().tolist() == [-1.0, 1.0]
    assert parts.data.as_tensor(X_test, like=X).unique().tolist() == [4.0]


def test_explicit_options_win_over_tiny_ones(parts):
    args = parts.parse(["--tiny", "--limit", "20"], repeats=2)
    assert (args.data, args.limit, args.repeats) == ("digits", 20, 2)


def test_threads(parts, monkeypatch):
    calls = []
    monkeypatch.setattr(parts.arguments, "threadpool_limits", calls.append)
    monkeypatch.setattr(torch, "set_num_threads", calls.append)
    parts.parse(["--threads", "3"])
    assert calls == [3, 3]
    seen = "import json, os; print(json.dumps(os.environ['OMP_NUM_THREADS']))"
    assert parts.processes.run_json([sys.executable, "-c", seen], threads=3) == "3"


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_sizes_must_be_positive(parts, value, capsys):
    with pytest.raises(SystemExit) as left:
        parts.parse(["--repeats", value])
    assert left.value.code == 2
    assert f"argument --repeats: {'invalid' if value == 'many' else 'must be 1'}" in (
        capsys.readouterr().err
    )


def test_data_that_cannot_be_loaded_is_one_line(script, tmp_path, monkeypatch, capsys):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(b"damaged")
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path))
    with pytest.raises(SystemExit) as left:
        script("limit").main([])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: mnist could not be loaded: ")
    assert "--data digits" in error
    assert error.count("\n") == 1


def test_a_failing_process_is_one_line(parts, capsys):
    with pytest.raises(SystemExit):
        parts.processes.run_json([sys.executable, "-c", "raise ValueError('no such thing')"])
    error = capsys.readouterr().err
    assert error.endswith("left with code 1: ValueError: no such thing\n")
    assert error.count("\n") == 1


def test_flops_are_those_that_torch_counts(script, parts):
    network = parts.network.plain_network()
    counter = FlopCounterMode(display=False)
    with counter:
        nn.functional.cross_entropy(network(torch.rand(4, 1, 28, 28)), torch.arange(4)).backward()
    limit = script("limit")
    assert limit.training_flops(LeNet5(10, (1, 28, 28))) == counter.get_total_flops() / 4
    assert f"{counter.get_total_flops() // 4:,}" in limit.__doc__


@pytest.mark.parametrize("loop", ["train_by_hand", "train_by_loader"])
def test_the_loops_of_the_peers_learn(script, parts, loop):
    data = parts.data.load(parts.parse(["--tiny"]))
    train = getattr(script("fit_vs_torch_loop"), loop)
    network = train(parts.data.as_tensor(data.X), torch.from_numpy(data.y), 15, 32)
    images = parts.data.as_tensor(data.X_test, like=data.X)
    assert parts.network.accuracy(network, images, data.y_test) > 0.85


def test_epochs_are_chosen_on_validation_data(script, parts, monkeypatch):
    """The test images say "one", the last tenth of the training images "two"."""
    timing = script("time_to_accuracy")

    class Model:
        device = "cpu"

        def __init__(self, max_epochs, random_state, device):
            self.epochs = max_epochs

        def fit(self, X, y):
            return self

        def score(self, X, y):
            return 1.0 if X[0] == "test" else {1: 0.5, 2: 0.9, 4: 0.95}[self.epochs]

    monkeypatch.setattr(timing, "LeNet5Classifier", Model)
    data = parts.data.Data(np.array(["train"] * 20), np.zeros(20), np.array(["test"]), np.zeros(1))
    parser = parts.arguments.make_parser("")
    timing.add_arguments(parser, device="cpu")
    args = parser.parse_args(["--epochs", "4", "1", "2", "--targets", "0.9", "0.99"])
    _, records, reached = timing.measure(data, args)
    assert [record["epochs"] for record in records] == [1, 2, 4]
    assert reached == {"0.9": records[1], "0.99": None}
    assert timing.target_figures(reached)["epochs_to_0.9"] == 2
    assert timing.target_figures(reached)["seconds_to_0.99"] is None


def test_gpu_without_a_device_says_so(script, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    script("gpu").main([])
    assert capsys.readouterr().out == "No CUDA device is at hand: nothing measured.\n"


def test_memory_sees_what_a_fit_allocates(script, monkeypatch, tmp_path):
    memory = script("memory")

    class Model:
        def __init__(self, **parameters):
            pass

        def fit(self, X, y):
            if len(X) != 300:  # the fit on a few images before
                X.sum()
                np.ones(8_000_000)
            return self

    monkeypatch.setattr(memory, "LeNet5Classifier", Model)
    path = tmp_path / "images.bin"
    np.ones((5000, 784), np.uint8).tofile(path)
    for place in ("", str(path)):
        beyond = memory.worker("later-fit", 5000, 1, place, None)["beyond"]
        assert 63 < beyond < 75  # MB, of which X is none


# recipe.py


def test_an_average_of_weights_starts_as_their_mean(script):
    average, net = script("recipe").AverageWeights(decay=0.75), SimpleNamespace()
    net.module_ = nn.Linear(1, 1, bias=False)
    average.on_train_begin(net)
    for value in (1.0, 3.0, 5.0, 7.0, 11.0):
        nn.init.constant_(net.module_.weight, value)
        average.on_batch_end(net, training=True)
        average.on_batch_end(net, training=False)
    average.on_train_end(net)
    assert net.module_.weight.item() == pytest.approx(4.0 + (11.0 - 4.0) / 4)


def test_the_recipe_is_judged_without_test_images(script, tmp_path, monkeypatch):
    recipe, splits = script("recipe"), []
    images = np.arange(60 * 784).reshape(60, 784)
    monkeypatch.setattr(recipe, "fetch", lambda name, part: {"train": (images, images[:, 0])}[part])
    row = {"accuracy": 0.5, "log_loss": 1.0, "fit_seconds": 1.0, "epochs": 2}
    monkeypatch.setattr(recipe, "measure", lambda _, seed, split: splits.append(split) or row)
    options = ["--limit", "20", "--only", "tanh", "--out", str(tmp_path / "rows.json")]
    recipe.main([*options, "--seeds", "1"])
    recipe.main([*options, "--seeds", "2"])  # goes on with the second seed
    assert len(splits) == 2 * 2
    X, _, X_valid, _ = splits[0]
    assert (images[:20] == X).all()
    assert (X_valid == images[50:]).all()
    assert read(tmp_path / "rows.json")["figures"]["tanh: percentage points"] == 0


# accuracy.py


@pytest.fixture
def count_fits(monkeypatch):
    """Make `accuracy.measure` answer at once, and remember the seeds."""

    def count(accuracy):
        seeds = []

        def measure(parameters, seed, split):
            seeds.append(seed)
            return {
                "accuracy": 0.9 + seed / 100,
                "log_loss": 0.3,
                "calibration_error": 0.02,
                "fit_seconds": 1.0,
                "epochs": 2,
            }

        monkeypatch.setattr(accuracy, "measure", measure)
        return seeds

    return count


def test_accuracy_goes_on_where_it_stopped(script, tmp_path, count_fits, monkeypatch):
    accuracy, out = script("accuracy"), tmp_path / "rows.json"
    seeds = count_fits(accuracy)
    options = ["--data", "digits", "--out", str(out)]

    def killed(path, content):
        write(path, content)
        if len(content["records"]) == 7:
            raise KeyboardInterrupt

    write = accuracy.write_json
    with monkeypatch.context() as patch:
        patch.setattr(accuracy, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            accuracy.main([*options, "--seeds", "2"])
    assert len(read(out)["records"]) == 7
    accuracy.main([*options, "--seeds", "2"])
    assert seeds == [0] * 5 + [1] * 5
    accuracy.main([*options, "--seeds", "3"])  # more seeds go on from a complete run
    assert seeds == [0] * 5 + [1] * 5 + [2] * 5
    figures = read(out)["figures"]
    assert figures["accuracy"] == pytest.approx(0.91)
    assert figures["sd"] == pytest.approx(0.01)


def test_accuracy_does_not_mix_rows_of_different_runs(script, tmp_path, count_fits, capsys):
    accuracy, out = script("accuracy"), tmp_path / "rows.json"
    seeds = count_fits(accuracy)
    options = ["--data", "digits", "--seeds", "1", "--out", str(out)]
    accuracy.main(options)
    with pytest.raises(SystemExit):
        accuracy.main([*options, "--set", "max_epochs=3"])
    error = capsys.readouterr().err
    assert "rows of another run (parameters differ)" in error
    assert "--fresh" in error
    accuracy.main([*options, "--set", "max_epochs=3", "--fresh"])
    assert len(seeds) == 10
    assert len(read(out)["records"]) == 5


def test_accuracy_reads_parameters(script):
    parameter = script("accuracy").parameter
    assert parameter("max_epochs=3") == ("max_epochs", 3)
    assert parameter("hidden_layer_sizes=(120, 84)") == ("hidden_layer_sizes", (120, 84))
    assert parameter("augmentation=digits") == ("augmentation", "digits")


def test_a_claim_brings_data_parameters_and_its_bound(script, tmp_path, count_fits, monkeypatch):
    accuracy, fetched = script("accuracy"), []
    monkeypatch.setattr(accuracy, "fetch", lambda *names: fetched.append(names) or ([], []))
    seeds = count_fits(accuracy)
    accuracy.main(["--claim", "fashion", "--out", str(tmp_path / "rows.json")])
    assert fetched == [("fashion-mnist", "train"), ("fashion-mnist", "test")]
    assert seeds == [0, 1, 2]
    content = read(tmp_path / "rows.json")
    assert content["about"]["parameters"]["augmentation"] == "'objects'"
    what, value, _, bound, verdict = content["targets"][0]
    assert what.startswith("test accuracy on fashion-mnist, augmentation=objects, ")
    assert (value, bound, verdict) == ("0.9100", "≥ 0.92", "MISSED")


@pytest.mark.parametrize("text", ["max_epochs", "no_such=1"])
def test_accuracy_refuses_unknown_parameters(script, text, capsys):
    with pytest.raises(SystemExit):
        script("accuracy").main(["--set", text])
    assert "argument --set: must be name=value" in capsys.readouterr().err


def test_accuracy_knows_the_code_that_it_measured(script, monkeypatch, tmp_path):
    accuracy = script("accuracy")
    monkeypatch.setattr(lenet_sklearn, "__file__", str(tmp_path / "__init__.py"))
    hashes = [accuracy.code_hash()]
    below = ("networks.py", "_training/net.py", "_network/layers.py", "a_new_room/file.py")
    above = ("inspection/plots.py", "persistence/x.py", "cli/x.py", "comparison/x.py")
    for name in (*below, *above, "reproductions/x.py", "__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1")
        hashes.append(accuracy.code_hash())
    assert len(set(hashes[: 1 + len(below)])) == 1 + len(below)
    assert set(hashes[1 + len(below) :]) == {hashes[len(below)]}  # nothing that a fit runs
    (tmp_path / "networks.py").rename(tmp_path / "_network" / "moved.py")
    assert accuracy.code_hash() not in hashes


def test_accuracy_knows_each_file_that_a_fit_imports(script):
    script("accuracy")
    import _resume

    source = """
        import sys, numpy as np
        from lenet_sklearn import LeNet5Classifier
        X = np.random.default_rng(0).random((20, 64))
        params = {"pretrained": "mnist", "augmentation": "digits", "max_epochs": 1}
        LeNet5Classifier(**params).fit(X, np.arange(20) % 2).predict(X)
        for name, module in list(sys.modules.items()):
            if name.startswith("lenet_sklearn."):
                print(module.__file__)
    """
    run = [sys.executable, "-c", textwrap.dedent(source)]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    imported = {Path(line).resolve() for line in done.stdout.splitlines()}
    assert len(imported) > 20
    assert imported <= {path.resolve() for path in _resume.sources_of_a_fit()}


# fit_vs_keras.py: TensorFlow is not here, so only its errors and what chooses the epochs


def test_keras_python_must_be_there(script, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        script("fit_vs_keras").main(["--tiny", "--keras-python", str(tmp_path / "none")])
    assert left.value.code == 2
    assert capsys.readouterr().err == f"error: --keras-python: there is no {tmp_path / 'none'}.\n"


def test_keras_python_must_have_tensorflow(script, capsys, monkeypatch, tmp_path):
    python = tmp_path / "python"  # one that lacks it for certain
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n')
    python.chmod(0o755)
    with pytest.raises(SystemExit) as left:
        script("fit_vs_keras").main(["--tiny", "--keras-python", str(python)])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert "cannot import tensorflow" in error
    assert error.count("\n") == 1


def test_epochs_against_keras_never_see_the_test_images(script, parts):
    keras = script("fit_vs_keras")
    data = parts.data.load(parts.parse(["--tiny"]))
    data.X_test = data.y_test = None
    assert 1 < keras.choose_epochs(data, target=0.95, most=40) < 40
    with pytest.raises(SystemExit):
        keras.choose_epochs(data, target=1.1, most=1)


# explanations.py


def test_deletion_ends_early_if_the_pixel_that_counts_goes_first(script):
    class Model:
        def predict_proba(self, X):
            lit = X[:, 5] > 0
            return np.stack([~lit, lit], axis=1).astype(float)

    area, X = script("explanations").deletion_area, np.ones((3, 28))
    first, last = np.zeros((3, 28)), np.zeros((3, 28))
    first[:, 5], last[:, 5] = 1, -1
    assert area(Model(), X, first) == pytest.approx(0.5 / 28)
    assert area(Model(), X, last) == pytest.approx(27.5 / 28)


def test_pixels_of_the_same_importance_go_in_a_random_order(script):
    class Model:
        def predict_proba(self, X):
            lit = X[:, :14].mean(axis=1)
            return np.stack([lit, np.zeros_like(lit)], axis=1)

    area = script("explanations").deletion_area(Model(), np.ones((500, 28)), np.zeros((500, 28)))
    assert area == pytest.approx(0.5, abs=0.02)


def test_pixels_that_no_map_reaches_do_not_correlate(script):
    correlate = script("explanations").rank_correlation
    rng = np.random.default_rng(0)
    first, second = (np.pad(rng.random((50, 40)), ((0, 0), (0, 200))) for _ in range(2))
    assert abs(correlate(first, second)) < 0.1
    assert correlate(first, 2 * first) == pytest.approx(1)
    assert correlate(first, np.ones_like(first)) == 0


# stacked.py


@pytest.mark.parametrize("form", ["vmap", "products"])
def test_models_trained_at_once_are_those_of_single_fits(script, form):
    stacked = script("stacked")
    X, y = load_digits_images(return_X_y=True)
    rows = np.arange(1100)  # beyond 1,000 rows, a fit keeps the order of X
    trains, test = (rows[:1050], rows[50:]), np.arange(1100, 1797)
    fits = [stacked.Fit(seed, train, test) for seed, train in enumerate(trains)]
    networks = stacked.train_at_once(fits, X, y, form, 1)
    for fit, network in zip(fits, networks, strict=True):
        model = LeNet5Classifier(max_epochs=1, random_state=fit.seed, device="cpu")
        alone = model.fit(X[fit.train], y[fit.train]).module_
        pairs = zip(network.parameters(), alone.parameters(), strict=True)
        assert max((one - other).abs().max().item() for one, other in pairs) < 1e-4
