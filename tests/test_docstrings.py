"""Each public name, method, parameter and attribute is described, with its type and its shape."""

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path

import pytest

numpydoc = pytest.importorskip("numpydoc", reason="the docstrings are read with numpydoc")

from numpydoc.docscrape import ClassDoc, FunctionDoc  # noqa: E402
from numpydoc.validate import validate  # noqa: E402

MODULES = (
    "augmentation", "comparison", "datasets", "inspection", "networks", "persistence",
    "preprocessing", "pretrained", "reporting", "reproductions", "robustness", "search",
)  # fmt: skip
# What numpydoc checks and we do not ask for. All its other checks hold.
LEFT_OUT = {
    "ES01": "a second paragraph, where the first line says all",
    "GL01": "the summary begins on the line of the quotation marks",
    "RT02": "what is returned has a name, as in scikit-learn",
    "SA01": "See Also, where nothing is near",
    "YD01": "no generators",
}
OF_METHODS = {"EX01": "the class has the examples"}
PUBLIC_PAGE = Path(__file__).parents[1] / "docs" / "api.md"


def public_objects():
    """Return each public object by its shortest name."""
    top = importlib.import_module("lenet_sklearn")
    found = {f"lenet_sklearn.{name}": getattr(top, name) for name in top.__all__}
    shown = {id(value) for value in found.values()}
    for module_name in MODULES:
        module = importlib.import_module(f"lenet_sklearn.{module_name}")
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if id(value) not in shown:
                found[f"lenet_sklearn.{module_name}.{name}"] = value
                shown.add(id(value))
    return found


OBJECTS = public_objects()
CALLABLES = {name: value for name, value in OBJECTS.items() if callable(value)}
CLASSES = {name: value for name, value in CALLABLES.items() if inspect.isclass(value)}


def is_ours(function):
    """Tell what is written here from what is inherited from scikit-learn or torch."""
    return getattr(function, "__module__", "").startswith("lenet_sklearn")


def members(cls):
    """Return the public methods and properties that this library wrote, inherited ones too."""
    found = {}
    for name, value in inspect.getmembers_static(cls):
        if name.startswith("_"):
            continue
        if isinstance(value, property):
            value = value.fget
        elif isinstance(value, classmethod | staticmethod):
            value = value.__func__
        if inspect.isfunction(value) and is_ours(value):
            found[name] = value
    return found


METHODS = {
    f"{name}.{member}": (cls, function)
    for name, cls in CLASSES.items()
    for member, function in members(cls).items()
    if not isinstance(inspect.getattr_static(cls, member), property)
}
PROPERTIES = [
    (name, member)
    for name, cls in CLASSES.items()
    for member in members(cls)
    if isinstance(inspect.getattr_static(cls, member), property)
]
DOCUMENTED = sorted({*CALLABLES, *METHODS})


def parsed(name):
    """Return the sections of a docstring."""
    if name in CLASSES:
        return ClassDoc(CLASSES[name], config={"show_class_members": False})
    return FunctionDoc(METHODS[name][1] if name in METHODS else CALLABLES[name])


def test_nothing_is_left_out():
    assert len(OBJECTS) > 50
    assert len(METHODS) > 60
    assert "lenet_sklearn.LeNet5Classifier.fit" in METHODS
    assert "lenet_sklearn.BenchmarkResult.to_csv" in METHODS  # inherited from a class of ours
    assert "lenet_sklearn.LeNet5Classifier.set_params" not in METHODS
    assert "lenet_sklearn.LeNet5.cuda" not in METHODS


@pytest.mark.parametrize("name", DOCUMENTED)
def test_numpydoc_finds_nothing(name):
    left_out = {*LEFT_OUT, *(OF_METHODS if name in METHODS else ())}
    found = [(code, text) for code, text in validate(name)["errors"] if code not in left_out]
    assert found == []


@pytest.mark.parametrize("name", DOCUMENTED)
def test_parameters_and_attributes_have_type_shape_and_description(name):
    sections = parsed(name)
    for section in ("Parameters", "Attributes", "Returns"):
        for item in sections[section]:
            assert "".join(item.desc).strip(), f"{section}: {item.name} has no description"
            if not item.name.startswith("*"):
                assert item.type, f"{section}: {item.name} has no type"
            if re.match(r"(array-like|ndarray)", item.type):
                assert "shape" in item.type, f"{section}: {item.name} has no shape"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_defaults_are_named(name):
    described = {}
    for item in parsed(name)["Parameters"]:
        described |= {each.strip(): item.type for each in item.name.split(",")}
    value = METHODS[name][1] if name in METHODS else CALLABLES[name]
    for parameter in inspect.signature(value).parameters.values():
        if parameter.default is not parameter.empty and parameter.name in described:
            text = described[parameter.name]
            assert "default" in text, f"{parameter.name}={parameter.default!r} in {text!r}"


def raised(function):
    """Return the names of the exceptions that a function raises in its own lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            exception = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(exception, ast.Name) and exception.id[0].isupper():
                found.add(exception.id)
        elif isinstance(node, ast.Raise):
            continue
    return found - {"NotImplementedError"}


@pytest.mark.parametrize("name", sorted({*METHODS, *CALLABLES} - {*CLASSES}))
def test_what_is_raised_is_described(name):
    function = inspect.unwrap(METHODS[name][1] if name in METHODS else CALLABLES[name])
    described = {item.type for item in parsed(name)["Raises"]}
    assert raised(function) <= described


@pytest.mark.parametrize(("name", "member"), PROPERTIES)
def test_properties_are_among_the_attributes(name, member):
    sections = parsed(name)
    items = [*sections["Attributes"], *sections["Parameters"]]
    assert member in {each.strip() for item in items for each in item.name.split(",")}


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_classes_and_functions_have_an_example(name):
    assert ">>>" in "\n".join(parsed(name)["Examples"])


def test_the_api_page_lists_each_public_name_once():
    listed, module = [], ""
    for line in PUBLIC_PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.match(r"(?:   |\.\. data:: )(\w+)$", line):
            listed.append(f"{module}.{found[1]}")
    assert sorted(listed) == sorted(OBJECTS)


def test_the_checks_can_fail():
    def undescribed(x, y=1):
        """Say what it does.

        Parameters
        ----------
        x : array-like
            Values.
        y
        """
        raise ValueError(x, y)

    assert raised(undescribed) == {"ValueError"}
    assert FunctionDoc(undescribed)["Raises"] == []
    assert FunctionDoc(undescribed)["Parameters"][1].type == ""
