"""Write docs/inventories: where the names of other projects are documented.

    python tools/make_inventories.py

The docs link to scikit-learn, NumPy and others, and are built without a network. So the
inventories, which Sphinx would download, are written here: for each project the names that our
pages use, and the pattern of its addresses. A name that is missing here is a warning of the docs'
build. Add it to its project below, and run this script again.
"""

import argparse
import importlib
import inspect
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "docs" / "inventories"
TITLES = {
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": "Introducing the set_output API"
}  # what a link to a label shows, if it is not the label


class Project(NamedTuple):
    """Names of a project, and their addresses below its site."""

    page: Callable[[str], str] | str
    """The page of a name that has a page of its own, with {} for the name."""
    names: str = ""
    """Names of Python objects that have such a page."""
    others: dict[str, str] = {}  # noqa: RUF012
    """Names of Python objects, and their addresses; "$" stands for the name."""
    terms: dict[str, str] = {}  # noqa: RUF012
    """Terms of the glossary, labels and documents ("label:…", "doc:…"), and their addresses."""


def _python(names: str, page: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), f"library/{page}.html#$")


PROJECTS = {
    "python": Project(
        "",
        others={
            **_python("bool callable hash int float isinstance repr", "functions"),
            **_python("dict list set str tuple bytes int.bit_length", "stdtypes"),
            **_python("None True False Ellipsis NotImplemented", "constants"),
            **_python(
                "DeprecationWarning FileExistsError FileNotFoundError ImportError KeyError "
                "KeyboardInterrupt MemoryError NotImplementedError OSError RuntimeError "
                "RuntimeWarning TimeoutError TypeError UserWarning ValueError Warning",
                "exceptions",
            ),
            **_python("collections.namedtuple collections.abc.Sequence", "collections"),
            **_python("contextlib.contextmanager", "contextlib"),
            **_python("copy.deepcopy", "copy"),
            **_python("dataclasses.dataclass", "dataclasses"),
            **_python("functools.partial", "functools"),
            **_python("os.PathLike", "os"),
            **_python("pathlib.Path", "pathlib"),
            **_python("pickle.dump pickle.dumps pickle.load", "pickle"),
            **_python("tempfile.TemporaryDirectory", "tempfile"),
            **_python("typing.NamedTuple", "typing"),
        },
        terms={
            "path-like object": "glossary.html#term-path-like-object",
            "iterable": "glossary.html#term-iterable",
            "sequence": "glossary.html#term-sequence",
            "mapping": "glossary.html#term-mapping",
            "generator": "glossary.html#term-generator",
            "label:bltin-boolean-values": "library/stdtypes.html#boolean-type-bool",
        },
    ),
    "numpy": Project(
        "reference/generated/{}.html#$",
        "numpy.array numpy.asarray numpy.load numpy.memmap numpy.ndarray numpy.save "
        "numpy.stack numpy.concatenate numpy.unique numpy.dtype",
        others={
            "numpy.random.Generator": "reference/random/generator.html#$",
            "numpy.random.RandomState": "reference/random/legacy.html#$",
            "numpy.random.default_rng": "reference/random/generator.html#$",
            "numpy.inf": "reference/constants.html#$",
            "numpy.nan": "reference/constants.html#$",
        },
        terms={
            "array_like": "glossary.html#term-array_like",
            "label:arrays.scalars": "reference/arrays.scalars.html#arrays-scalars",
        },
    ),
    "scipy": Project("", others={"scipy.stats": "reference/stats.html#module-$"}),
    "pandas": Project(
        "reference/api/{}.html#$",
        "pandas.DataFrame pandas.Series pandas.read_csv pandas.DataFrame.to_csv "
        "pandas.DataFrame.groupby pandas.concat",
    ),
    "sklearn": Project(
        "modules/generated/{}.html#$",
        "sklearn.base.BaseEstimator sklearn.base.ClassifierMixin sklearn.base.TransformerMixin "
        "sklearn.base.clone sklearn.calibration.CalibratedClassifierCV "
        "sklearn.callback.ProgressBar sklearn.callback.ScoringMonitor "
        "sklearn.compose.ColumnTransformer sklearn.config_context "
        "sklearn.datasets.fetch_openml sklearn.datasets.load_digits sklearn.datasets.load_iris "
        "sklearn.decomposition.PCA sklearn.dummy.DummyClassifier "
        "sklearn.ensemble.RandomForestClassifier sklearn.ensemble.StackingClassifier "
        "sklearn.ensemble.VotingClassifier sklearn.ensemble.HistGradientBoostingClassifier "
        "sklearn.exceptions.ConvergenceWarning sklearn.exceptions.NotFittedError "
        "sklearn.frozen.FrozenEstimator sklearn.inspection.permutation_importance "
        "sklearn.linear_model.LogisticRegression sklearn.manifold.TSNE "
        "sklearn.metrics.ConfusionMatrixDisplay sklearn.metrics.accuracy_score "
        "sklearn.metrics.balanced_accuracy_score sklearn.metrics.classification_report "
        "sklearn.metrics.confusion_matrix sklearn.metrics.f1_score sklearn.metrics.log_loss "
        "sklearn.metrics.make_scorer sklearn.metrics.precision_score "
        "sklearn.metrics.recall_score sklearn.metrics.roc_auc_score "
        "sklearn.model_selection.GridSearchCV sklearn.model_selection.GroupKFold "
        "sklearn.model_selection.HalvingGridSearchCV "
        "sklearn.model_selection.HalvingRandomSearchCV sklearn.model_selection.KFold "
        "sklearn.model_selection.LearningCurveDisplay "
        "sklearn.model_selection.RandomizedSearchCV "
        "sklearn.model_selection.RepeatedStratifiedKFold "
        "sklearn.model_selection.StratifiedGroupKFold sklearn.model_selection.StratifiedKFold "
        "sklearn.model_selection.StratifiedShuffleSplit "
        "sklearn.model_selection.ValidationCurveDisplay sklearn.model_selection.cross_val_predict "
        "sklearn.model_selection.cross_val_score sklearn.model_selection.cross_validate "
        "sklearn.model_selection.learning_curve sklearn.model_selection.train_test_split "
        "sklearn.multiclass.OneVsRestClassifier sklearn.naive_bayes.GaussianNB "
        "sklearn.neighbors.KNeighborsClassifier sklearn.neural_network.MLPClassifier "
        "sklearn.pipeline.FeatureUnion sklearn.pipeline.Pipeline sklearn.pipeline.make_pipeline "
        "sklearn.preprocessing.LabelEncoder sklearn.preprocessing.MinMaxScaler "
        "sklearn.preprocessing.StandardScaler sklearn.set_config sklearn.svm.LinearSVC "
        "sklearn.svm.SVC sklearn.utils.Bunch sklearn.utils.class_weight.compute_class_weight "
        "sklearn.utils.estimator_checks.check_estimator "
        "sklearn.utils.estimator_checks.parametrize_with_checks "
        "sklearn.utils.metadata_routing.MetadataRequest",
        terms={
            **{
                name: f"glossary.html#term-{name.replace(' ', '-')}"
                for name in (
                    "class_weight", "classes_", "classifier", "cross-validation", "estimator",
                    "fit", "fitted", "meta-estimator", "n_jobs", "partial_fit", "predict",
                    "predict_proba", "random_state", "sample_weight", "scorer", "transformer",
                    "warm_start",
                )
            },
            "label:accuracy_score": "modules/model_evaluation.html#accuracy-score",
            "label:df_output_transform":
                "auto_examples/miscellaneous/plot_set_output.html#df-output-transform",
            "label:metadata_routing": "metadata_routing.html#metadata-routing",
            "label:pipeline": "modules/compose.html#pipeline",
            "label:cross_validation": "modules/cross_validation.html#cross-validation",
            "label:grid_search": "modules/grid_search.html#grid-search",
            "label:calibration": "modules/calibration.html#calibration",
            "label:callbacks": "modules/callbacks.html#callbacks",
            "label:sphx_glr_auto_examples_miscellaneous_plot_set_output.py":
                "auto_examples/miscellaneous/plot_set_output.html"
                "#sphx-glr-auto-examples-miscellaneous-plot-set-output-py",
        },
    ),
    "torch": Project(
        "generated/{}.html#$",
        "torch.Generator torch.nn.Module torch.nn.Sequential torch.nn.Conv2d torch.nn.Linear "
        "torch.nn.CrossEntropyLoss torch.optim.AdamW torch.optim.Adam torch.optim.SGD "
        "torch.compile torch.set_num_threads torch.get_num_threads torch.manual_seed",
        others={"torch.Tensor": "tensors.html#$", "torch.device": "tensor_attributes.html#$"},
    ),
    "matplotlib": Project(
        "api/_as_gen/{}.html#$",
        "matplotlib.axes.Axes matplotlib.figure.Figure matplotlib.pyplot.subplots "
        "matplotlib.pyplot.figure",
        others={
            "matplotlib.collections.PathCollection": "api/collections_api.html#$",
            "matplotlib.container.ErrorbarContainer": "api/container_api.html#$",
            "matplotlib.image.AxesImage": "api/image_api.html#$",
            "matplotlib.lines.Line2D": "api/_as_gen/matplotlib.lines.Line2D.html#$",
            "matplotlib.text.Text": "api/text_api.html#$",
        },
    ),
    "joblib": Project(
        "generated/{}.html#$",
        "joblib.Memory joblib.Parallel joblib.dump joblib.load joblib.parallel_backend "
        "joblib.parallel_config",
    ),
    "optuna": Project(
        "reference/generated/{}.html#$",
        "optuna.study.Study optuna.trial.Trial",
        others={
            "optuna.samplers.TPESampler":
                "reference/samplers/generated/optuna.samplers.TPESampler.html#$",
            "optuna.pruners.MedianPruner":
                "reference/generated/optuna.pruners.MedianPruner.html#$",
            "optuna.distributions.BaseDistribution": "reference/distributions.html",
        },
    ),
    "dask": Project(
        "generated/{}.html#$",
        others={"dask.array.Array": "generated/dask.array.Array.html#$"},
    ),
    "distributed": Project(
        "",
        others={
            "distributed.Client": "api.html#$",
            "distributed.LocalCluster": "api.html#distributed.LocalCluster",
        },
    ),
    "skorch": Project(
        "",
        others={
            "skorch.net.NeuralNet": "net.html#$",
            "skorch.NeuralNet": "net.html#skorch.net.NeuralNet",
            "skorch.callbacks.Callback": "callbacks.html#$",
            "skorch.callbacks.EarlyStopping": "callbacks.html#$",
        },
    ),
}  # fmt: skip


def role(name: str) -> str:
    """Return the kind of a Python object as Sphinx calls it; data, if it cannot be imported."""
    module, _, rest = name.rpartition(".")
    while True:
        try:
            parent = importlib.import_module(module or "builtins")
            break
        except ImportError:
            module, _, first = module.rpartition(".")
            rest = f"{first}.{rest}"
    value = parent
    for part in rest.split("."):
        value, parent = getattr(value, part), value
    if inspect.ismodule(value):
        return "module"
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    if callable(value):
        return "method" if inspect.isclass(parent) else "function"
    return "data"


def entries(project: Project) -> list[str]:
    """Return the lines of an inventory, sorted."""
    importlib.import_module("sklearn.experimental.enable_halving_search_cv")
    places = {name: project.page.format(name) for name in project.names.split()} | project.others
    lines = [f"{name} py:{role(name)} 1 {uri} -" for name, uri in places.items()]
    for name, uri in project.terms.items():
        kind, _, label = name.rpartition(":")
        shown = TITLES.get(label, label) if kind else "-"
        lines.append(f"{label} std:{kind or 'term'} -1 {uri} {shown}")
    return sorted(lines)


def write(name: str, folder: Path) -> Path:
    """Write the inventory of a project, in version 2 of Sphinx's format."""
    head = (
        f"# Sphinx inventory version 2\n# Project: {name}\n# Version: stable\n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    body = "".join(f"{line}\n" for line in entries(PROJECTS[name]))
    path = folder / f"{name}.inv"
    path.write_bytes(head.encode() + zlib.compress(body.encode(), 9))
    return path


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the files")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in PROJECTS:
        print(f"{write(name, args.out)}: {len(entries(PROJECTS[name]))} names")


if __name__ == "__main__":
    main()
