"""An optional package is imported, or the extra that brings it is named."""

import sys

import pytest

from lenet_sklearn._files.optional import import_optional


def test_what_is_there_is_imported():
    import json.decoder

    assert import_optional("json.decoder", extra="plots", purpose="it") is json.decoder


@pytest.mark.parametrize("name", ["absent_package", "absent_package.part.of_it"])
def test_a_missing_package_names_the_extra(name):
    message = (
        r"^plot_samples needs the package 'absent_package', which is not installed\. "
        r'Install it with: pip install "lenet-sklearn\[plots\]"$'
    )
    with pytest.raises(ImportError, match=message) as caught:
        import_optional(name, extra="plots", purpose="plot_samples")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_blocked_package_counts_as_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "json", None)
    with pytest.raises(ImportError, match=r"needs the package 'json'.*lenet-sklearn\[onnx\]"):
        import_optional("json", extra="onnx", purpose="export_onnx")


def test_a_package_that_lacks_something_else_speaks_for_itself(tmp_path, monkeypatch):
    (tmp_path / "package_that_is_broken.py").write_text("import something_that_it_lacks")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_that_it_lacks") as caught:
        import_optional("package_that_is_broken", extra="plots", purpose="plot_samples")
    assert "lenet-sklearn" not in str(caught.value)
