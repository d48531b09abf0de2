"""The tests are a tree like that of the sources."""

from pathlib import Path

import lenet_sklearn

TESTS = Path(__file__).parent
ROOT = Path(lenet_sklearn.__file__).parent
MOST_LINES = 999


def _its_tests(source):
    return TESTS / Path(source).with_name(f"test_{Path(source).name}")


def test_each_source_file_has_its_test_file():
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }
    assert len(sources) > 50
    assert {source for source in sources if not _its_tests(source).exists()} == set()


def test_no_test_file_is_too_long():
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in TESTS.rglob("*.py")}
    assert lengths
    assert {path: n for path, n in lengths.items() if n > MOST_LINES} == {}
