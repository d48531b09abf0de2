"""Size, speed and exactness of saved models: pickle, safetensors, ONNX (extra `onnx`)."""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import joblib
import numpy as np
from _arguments import make_parser, parse
from _data import load
from _report import report

from lenet_sklearn import LeNet5Classifier, export_onnx, load_model, save_model


def timed(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median milliseconds of several calls, and what the last one returned."""
    seconds, result = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return 1000 * median(seconds), result


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, limit=10_000)
    args = parse(parser, argv)
    data = load(args)
    names = np.array(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
    model = LeNet5Classifier(random_state=0).fit(data.X, names[data.y])
    expected = model.predict_proba(data.X_test)
    rows, figures = [], {}

    def add(name: str, size: int, save_ms: float, load_ms: float, got: np.ndarray) -> None:
        difference = float(np.abs(got - expected).max())
        changed = int((got.argmax(1) != expected.argmax(1)).sum())
        rows.append([name, f"{size:,}", f"{save_ms:.1f}", f"{load_ms:.1f}", f"{difference:.1e}",
                     f"{changed}"])  # fmt: skip
        figures.update({f"{name}_bytes": size, f"{name}_save_ms": save_ms,
                        f"{name}_load_ms": load_ms, f"{name}_max_difference": difference,
                        f"{name}_labels_changed": changed})  # fmt: skip

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        save_ms, dump = timed(lambda: pickle.dumps(model), args.repeats)
        load_ms, again = timed(lambda: pickle.loads(dump), args.repeats)
        add("pickle", len(dump), save_ms, load_ms, again.predict_proba(data.X_test))

        save_ms, _ = timed(lambda: joblib.dump(model, path), args.repeats)
        load_ms, again = timed(lambda: joblib.load(path), args.repeats)
        add("joblib", path.stat().st_size, save_ms, load_ms, again.predict_proba(data.X_test))

        save_ms, _ = timed(lambda: save_model(model, path), args.repeats)
        load_ms, again = timed(lambda: load_model(path), args.repeats)
        add("safetensors", path.stat().st_size, save_ms, load_ms, again.predict_proba(data.X_test))

        import onnxruntime

        save_ms, _ = timed(lambda: export_onnx(model, path), args.repeats)
        content = path.read_bytes()
        load_ms, session = timed(lambda: onnxruntime.InferenceSession(content), args.repeats)
        images = data.X_test.astype(np.float32)
        labels, probabilities = session.run(["label", "probabilities"], {"X": images})
        add("onnx", len(content), save_ms, load_ms, probabilities)
        figures["onnx_labels_differ"] = int((labels != model.predict(data.X_test)).sum())

    ours_ms, _ = timed(lambda: model.predict_proba(data.X_test), args.repeats)
    onnx_ms, _ = timed(lambda: session.run(None, {"X": images}), args.repeats)
    figures |= {"predict_ms": ours_ms, "onnx_predict_ms": onnx_ms}
    report(
        __file__,
        args,
        f"Saved models of 61,706 parameters, {len(expected):,} test images",
        ["format", "bytes", "save ms", "load ms", "largest difference", "labels changed"],
        rows,
        figures,
        notes=[
            f"Labels that onnxruntime gives otherwise: {figures['onnx_labels_differ']}.",
            f"Predicting all of them: {ours_ms:.0f} ms here, {onnx_ms:.0f} ms in onnxruntime.",
        ],
    )


if __name__ == "__main__":
    main()
