from __future__ import annotations

import os

import pytest

from lenet_sklearn.datasets._picture_paths import find_pictures


@pytest.fixture
def tree(tmp_path):
    """Make empty files from paths; nothing is decoded here."""

    def tree(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return str(tmp_path)

    return tree


def relative(found, folder):
    paths, labels = found
    return [os.path.relpath(path, folder) for path in paths], labels


def test_classes_and_names_are_sorted(tree):
    folder = tree("b/2.png", "b/10.png", "a/z.JPG", "c/deep/er/x.tiff")
    assert relative(find_pictures(folder, by_folder=True), folder) == (
        ["a/z.JPG", "b/10.png", "b/2.png", "c/deep/er/x.tiff"],
        ["a", "b", "b", "c"],
    )


def test_what_is_hidden_or_no_picture_is_ignored(tree):
    folder = tree("a/1.webp", "a/.2.png", "a/Thumbs.db", ".git/3.png", "notes.txt", "e/.DS_Store")
    assert relative(find_pictures(folder, by_folder=True), folder) == (["a/1.webp"], ["a"])


def test_a_flat_folder_has_no_labels(tree):
    folder = tree("1.gif", "sub/2.bmp")
    found = find_pictures(folder, by_folder=False)
    assert relative(found, folder) == (["1.gif", "sub/2.bmp"], None)
    with pytest.raises(ValueError, match=r"1 picture outside of the class folders.*labels=None"):
        find_pictures(folder, by_folder=True)


def test_a_folder_without_class_folders_names_the_remedy(tree):
    with pytest.raises(ValueError, match=r"Got 2 pictures and no class folder.*labels=None"):
        find_pictures(tree("1.png", "2.png"), by_folder=True)


@pytest.mark.parametrize("by_folder", [True, False])
def test_a_folder_without_pictures(tree, by_folder):
    folder = tree("a/b.svg", "a/.c.png")
    with pytest.raises(ValueError, match=r"has no pictures\. Got 1 other file, such as .*b\.svg"):
        find_pictures(folder, by_folder=by_folder)


def test_a_list_keeps_its_order_and_ignores_nothing(tree):
    folder = tree("b/x", "a/.y.png")
    paths = [f"{folder}/b/x", f"{folder}/a/.y.png", f"{folder}/none.png"]
    labels = ["b", "a", os.path.basename(folder)]
    assert find_pictures(iter(paths), by_folder=True) == (paths, labels)
    assert find_pictures(paths[0], by_folder=True) == (paths[:1], ["b"])


def test_a_relative_path_has_a_folder_too(tree, monkeypatch):
    monkeypatch.chdir(tree("seven/1.png") + "/seven")
    assert find_pictures(["1.png"], by_folder=True) == (["1.png"], ["seven"])


def test_patterns(tree):
    folder = tree("a/1.png", "b/c/2.jpg", "b/3.txt", "b/folder.png/4.gif")
    found = find_pictures(f"{folder}/**/*", by_folder=True)
    assert relative(found, folder) == (
        ["a/1.png", "b/c/2.jpg", "b/folder.png/4.gif"],
        ["a", "c", "folder.png"],
    )
    with pytest.raises(ValueError, match=r"No picture matches the pattern .* 1 other file\."):
        find_pictures(f"{folder}/b/*.txt", by_folder=False)


def test_a_name_that_looks_like_a_pattern_is_taken_as_it_is(tree):
    folder = tree("[1]/a.png", "1/b.png")
    found = find_pictures(f"{folder}/[1]", by_folder=False)
    assert relative(found, folder) == (["[1]/a.png"], None)


def test_links_in_a_circle_do_not_hang(tree):
    folder = tree("a/1.png", "a/deep/2.png", "b/3.png")
    os.symlink(folder, f"{folder}/a/deep/up")
    os.symlink(f"{folder}/a", f"{folder}/a/again")
    os.symlink(f"{folder}/itself", f"{folder}/itself")
    paths, labels = relative(find_pictures(folder, by_folder=True), folder)
    # The link "up" shows the whole tree once more as a part of class a, but no file of a twice.
    assert [path for path, label in zip(paths, labels, strict=True) if label == "b"] == ["b/3.png"]
    assert paths[:2] == ["a/1.png", "a/deep/2.png"]
    assert len(paths) == len(set(paths)) == 3
    assert relative(find_pictures(folder, by_folder=False), folder)[0] == paths


def test_a_class_folder_may_be_a_link(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "1.png").touch()
    folder = tree("a/0.png")
    os.symlink(other, f"{folder}/b")
    found = find_pictures(folder, by_folder=True)
    assert relative(found, folder) == (["a/0.png", "b/1.png"], ["a", "b"])


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file or folder '.*no\\nne'"):
        find_pictures(tmp_path / "no\nne", by_folder=True)
    with pytest.raises(ValueError, match="empty list"):
        find_pictures([], by_folder=True)


@pytest.mark.parametrize("wrong", [3, None, b"a.png", [b"a.png"], [3]])
def test_wrong_types(wrong):
    with pytest.raises(TypeError, match="paths_or_folder must be a folder"):
        find_pictures(wrong, by_folder=True)
