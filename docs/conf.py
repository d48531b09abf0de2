"""Sphinx settings. The site is built without a network: other projects' names are in inventories/.

Without a network and without MNIST on disk, the examples that need MNIST are shown, not executed.
`sphinx-build -D plot_gallery=0` leaves all examples unexecuted: a minute, not five.
"""

import importlib
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

# The gallery imports what its examples import, and these searches must be switched on first.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

import lenet_sklearn

project = "lenet-sklearn"
author = "the lenet_sklearn developers"
copyright = f"2026, {author}"  # noqa: A001
version = release = lenet_sklearn.__version__

extensions = [
    "myst_nb",  # reads all pages in Markdown, and executes those that are notebooks
    "sphinx_design",
    "sphinx_copybutton",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_gallery.gen_gallery",
    "entries",
    "gallery",
]
exclude_patterns = ["_build", "auto_examples/*.ipynb"]  # the gallery makes notebooks to download
templates_path = ["_templates"]
default_role = "literal"
smartquotes = False  # "auto" in a list of values is pasted into code
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3


def _classes() -> Iterator[str]:
    """Give the public classes, each last by its shortest name."""
    rooms = ("datasets", "inspection", "reproductions", "robustness", "search")
    for name in (*(f"lenet_sklearn.{room}" for room in rooms), "lenet_sklearn"):
        module = importlib.import_module(name)
        for public in module.__all__:
            if inspect.isclass(getattr(module, public)):
                yield f"{name}.{public}"


# Notebooks
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # seconds for one cell, on a busy machine
nb_merge_streams = True
# captum asks for the progress bars of notebooks; the page has no use for its warning.
os.environ.setdefault("PYTHONWARNINGS", "ignore:IProgress not found")

# The API
autosummary_generate = True
# Of these, the pages show what the class itself defines: torch's Module has some 70 methods.
autosummary_context = {"own_members_only": ["LeNet5", "ImageFiles"]}
autodoc_typehints = "none"  # the docstrings say more than the annotations
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False  # the template lists them
numpydoc_xref_param_type = True
numpydoc_xref_aliases = {
    # words of scikit-learn and of this library for what a parameter is
    "RandomState instance": ":class:`numpy.random.RandomState`",
    "RandomState": "numpy.random.RandomState",
    "DataFrame": "pandas.DataFrame",
    "Series": "pandas.Series",
    "Bunch": "sklearn.utils.Bunch",
    "Pipeline": "sklearn.pipeline.Pipeline",
    "path-like": ":term:`path-like <python:path-like object>`",
    "estimator": ":term:`sklearn:estimator`",
    "classifier": ":term:`sklearn:classifier`",
    "Tensor": "torch.Tensor",
    "torch.Generator": "torch.Generator",
    "matplotlib Axes": ":class:`matplotlib.axes.Axes`",
    "matplotlib Figure": ":class:`matplotlib.figure.Figure`",
    "matplotlib Line2D": ":class:`matplotlib.lines.Line2D`",
    "matplotlib Text": ":class:`matplotlib.text.Text`",
    **{name.rpartition(".")[2]: name for name in _classes()},
}
numpydoc_xref_ignore = "all"  # words that have no alias stay words

# Links. Inventories come from tools/make_inventories.py.
_SITES = {
    "python": "https://docs.python.org/3",
    "numpy": "https://numpy.org/doc/stable",
    "pandas": "https://pandas.pydata.org/docs",
    "scipy": "https://docs.scipy.org/doc/scipy",
    "sklearn": "https://scikit-learn.org/stable",
    "torch": "https://docs.pytorch.org/docs/stable",
    "matplotlib": "https://matplotlib.org/stable",
    "joblib": "https://joblib.readthedocs.io/en/stable",
    "optuna": "https://optuna.readthedocs.io/en/stable",
    "dask": "https://docs.dask.org/en/stable",
    "distributed": "https://distributed.dask.org/en/stable",
    "skorch": "https://skorch.readthedocs.io/en/stable",
}
intersphinx_mapping = {name: (url, f"inventories/{name}.inv") for name, url in _SITES.items()}
nitpicky = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": "gallery.position",
    "reset_modules": ("matplotlib",),
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("lenet_sklearn",),
    "reference_url": {"lenet_sklearn": None},
    "inspect_global_variables": False,
    "remove_config_comments": True,
}
suppress_warnings = ["config.cache"]  # sphinx_gallery_conf cannot be pickled

# Copy buttons are on code, not on what it prints. Of a console, the commands alone are copied.
_CODE = ("python", "Python", "ipython3", "sh", "console", "dockerfile", "bibtex", "py")
copybutton_selector = ", ".join(f"div.highlight-{language} pre" for language in _CODE)
copybutton_prompt_text = "$ "

# The looks
html_theme = "pydata_sphinx_theme"
html_title = "lenet-sklearn"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
}
# A page without neighbours in its section has no sidebar at all.
html_sidebars = {"index": [], "search": [], "genindex": []}
