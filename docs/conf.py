"""Sphinx settings: quickstart, gallery and API."""

import lenet_sklearn

project = "lenet-sklearn"
author = "the lenet_sklearn developers"
copyright = f"2026, {author}"  # noqa: A001
version = release = lenet_sklearn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
myst_heading_anchors = 3  # pages link to headings of others
autosummary_generate = True
numpydoc_show_class_members = False
html_theme = "pydata_sphinx_theme"
html_title = "lenet-sklearn"
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "plot_",
    "reset_modules": ("matplotlib",),
}
# Inherited docstrings contain links to scikit-learn's own pages.
suppress_warnings = ["config.cache", "ref.ref"]
