"""LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""

TYPE_CHECKING = False  # as type checkers know it; `typing` would be imported for nothing else
if TYPE_CHECKING:
    from lenet_sklearn.classifier import LeNet5Classifier
    from lenet_sklearn.comparison import (
        BenchmarkResult,
        compare_models,
        make_baselines,
        run_benchmark,
    )
    from lenet_sklearn.networks import LeNet5
    from lenet_sklearn.persistence import export_onnx, load_model, save_model
    from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer
    from lenet_sklearn.pretrained import load_pretrained
    from lenet_sklearn.reproductions import (
        REPRODUCTIONS,
        ReproductionResult,
        make_lenet5_1998,
        run_reproductions,
    )
    from lenet_sklearn.search import default_search_space, search_lenet5

__all__ = [
    "REPRODUCTIONS",
    "BenchmarkResult",
    "Deskewer",
    "ImagePreprocessor",
    "LeNet5",
    "LeNet5Classifier",
    "MassCenterer",
    "ReproductionResult",
    "compare_models",
    "default_search_space",
    "export_onnx",
    "load_model",
    "load_pretrained",
    "make_baselines",
    "make_lenet5_1998",
    "run_benchmark",
    "run_reproductions",
    "save_model",
    "search_lenet5",
]

__version__ = "1.0.0"

# What a name needs is imported when the name is first asked for: torch and scikit-learn take
# seconds, in which the command line could answer neither --version nor Ctrl-C.
_HOMES = {
    "classifier": ["LeNet5Classifier"],
    "comparison": ["BenchmarkResult", "compare_models", "make_baselines", "run_benchmark"],
    "networks": ["LeNet5"],
    "persistence": ["export_onnx", "load_model", "save_model"],
    "preprocessing": ["Deskewer", "ImagePreprocessor", "MassCenterer"],
    "pretrained": ["load_pretrained"],
    "reproductions": [
        "REPRODUCTIONS",
        "ReproductionResult",
        "make_lenet5_1998",
        "run_reproductions",
    ],
    "search": ["default_search_space", "search_lenet5"],
}
_MODULES = {*_HOMES, "augmentation", "datasets", "inspection", "reporting", "robustness"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
