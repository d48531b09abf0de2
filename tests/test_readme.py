"""The code of README and of the pages of the docs runs as a reader would run it.

README.md runs in a process of its own. The others fork from one that has imported LeNet5Classifier.
"""

import importlib.util
import re
import sys
import threading
from pathlib import Path

import pytest
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import TensorBoard

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "docs/quickstart.md",
    "docs/persistence.md",
    "docs/pictures.md",
    "docs/inside.md",
    "docs/report.md",
    "docs/pretrained.md",
    "docs/few_images.md",
    "docs/parameter_search.md",
    "docs/scaling.md",
    "docs/dask.md",
    "docs/coming_from.md",
    "docs/troubleshooting.md",
    *sorted(
        f"docs/guide/{p.name}" for p in (ROOT / "docs/guide").glob("*.md") if p.stem != "index"
    ),
]
NEEDS = {
    "docs/parameter_search.md": "optuna",
    "docs/scaling.md": "dask",
    "docs/dask.md": "distributed",
    "docs/guide/deploy.md": "onnxruntime",
    "docs/guide/devices.md": "distributed",
    "docs/guide/images.md": "PIL",
}  # a package that is not among the dependencies
# A block of Python and, where the page shows what it prints, a block "```text output" after it.
# "```text output within 0.2" sets another distance than NEAR.
BLOCK = re.compile(
    r"^```python\n(.*?)^```\n(?:\n*^```text output(?: within ([\d.]+))?\n(.*?)^```$)?", re.M | re.S
)
BETWEEN = "\x1e\n"  # printed after each block
# In a shown output "..." stands for what varies, and any space for any other. Figures with a
# decimal point may differ by NEAR: a CPU of another make rounds, and so trains, a little otherwise.
TOKEN = re.compile(r"(?P<dots>\.\.\.)|(?P<space>\s+)|(?P<figure>-?\d++\.\d++(?!\.\.\.))|.")
PATTERNS = {"dots": ".*?", "space": r"\s+", "figure": r"(-?\d+\.\d+)"}
NEAR = 0.02


def code_blocks(page, language):
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


def shown_blocks(text):
    """Return each block of Python; with its shown output and the distance, or with None."""
    blocks = [
        (code, (shown, float(near or NEAR)) if shown else None)
        for code, near, shown in BLOCK.findall(text)
    ]
    n_shown = len(re.findall(r"^```text output", text, flags=re.M))
    assert n_shown == sum(shown is not None for _, shown in blocks), "an output without its code"
    return blocks


def is_shown(shown, got, near=NEAR):
    """Say whether an output is the one that a page shows."""
    tokens = list(TOKEN.finditer(shown.strip()))
    pattern = "".join(PATTERNS.get(token.lastgroup, re.escape(token[0])) for token in tokens)
    found = re.fullmatch(pattern, got.strip(), flags=re.S)
    figures = [float(token[0]) for token in tokens if token.lastgroup == "figure"]
    return found is not None and figures == pytest.approx(
        [float(figure) for figure in found.groups()], rel=0, abs=near + 1e-9
    )


def check_shown(blocks, parts):
    """Compare what each block prints with the output that the page shows."""
    assert len(parts) == len(blocks)
    for (code, shown), got in zip(blocks, parts, strict=True):
        shown, near = shown or ("", None)
        right = near is None or is_shown(shown, got, near)
        assert right, f"This code:\n{code}\nprints:\n{got}\nThe page shows:\n{shown}"


def run_script(source, tmp_path, run):
    script = tmp_path / "page.py"
    script.write_text(source, encoding="utf-8")
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_blocks(blocks, tmp_path, run):
    """Run the blocks of a page in one process, and return what each prints."""
    # Guarded: processes that the page starts import it again.
    between = f"if __name__ == '__main__':\n    print(end={BETWEEN!r})"
    source = "\n".join(f"{code}\n{between}" for code in blocks)
    return run_script(source, tmp_path, run).split(BETWEEN)[:-1]


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page, tmp_path, strict_python):
    if package := NEEDS.get(page):
        pytest.importorskip(package, reason=f"{page} needs the package {package}")
    blocks = shown_blocks((ROOT / page).read_text(encoding="utf-8"))
    assert blocks
    run = strict_python.run if page == "README.md" else strict_python.run_warm
    check_shown(blocks, run_blocks([code for code, _ in blocks], tmp_path, run))
    assert [code for code, shown in blocks if "print(" in code and shown is None] == []
    assert any(shown for _, shown in blocks)


PAGE = """
```python
print(f"accuracy: {accuracy:.3f}")
```

```text output
accuracy: 0.9...
```

```python
accuracy + 1
```
"""


@pytest.mark.parametrize(
    ("shown", "got", "right"),
    [
        ("accuracy: 0.957\n", "accuracy: 0.957\n", True),
        ("accuracy: 0.957\n", "accuracy: 0.938\n", True),
        ("accuracy: 0.957\n", "accuracy: 0.936\n", False),
        ("mean  -0.01", "mean 0.00", True),
        ("mean  -0.11", "mean 0.11", False),
        ("accuracy: 0.9...", "accuracy: 0.92 or so", True),
        ("accuracy: 0.9...", "accuracy: 0.89", False),
        ("12 epochs", "13 epochs", False),
        ("12 epochs in ... s", "12 epochs in 1.25 s", True),
        ("a   b\n1  0.5\n", "a  b\n1  0.51\n", True),
        ("a b", "ab", False),
        ("(3, 28)", "(3, 28) and more", False),
        ("a+b", "aab", False),
    ],
)
def test_what_counts_as_the_shown_output(shown, got, right):
    assert is_shown(shown, got) is right


def test_shown_output_is_compared_with_what_the_code_prints():
    blocks = shown_blocks(PAGE)
    assert [shown for _, shown in blocks] == [("accuracy: 0.9...\n", NEAR), None]
    check_shown(blocks, ["accuracy: 0.93\n", ""])
    with pytest.raises(AssertionError, match=r"prints:\n +accuracy: 0.87"):
        check_shown(blocks, ["accuracy: 0.87\n", ""])
    with pytest.raises(AssertionError):
        check_shown(blocks, ["", ""])
    wide = shown_blocks(
        PAGE.replace("output\naccuracy: 0.9...", "output within 0.1\naccuracy: 0.95")
    )
    check_shown(wide, ["accuracy: 0.86\n", ""])
    with pytest.raises(AssertionError):
        check_shown(wide, ["accuracy: 0.84\n", ""])
    with pytest.raises(AssertionError, match="without its code"):
        shown_blocks(PAGE.replace("```\n\n```text output", "```\n\nprints\n\n```text output"))


def test_the_readme_names_both_commands_and_they_exist():
    shell = "\n".join(code_blocks("README.md", "sh"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("benchmark", "test"):
        assert f"make {target}" in shell
        assert re.search(rf"^{target}:", makefile, flags=re.M)


def load_tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_claims_of_the_readme_are_those_of_the_page():
    """`python tools/readme_claims.py` writes them."""
    tool = load_tool("readme_claims")
    page = (ROOT / "docs/reproductions.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tool.put_claims(readme, page) == readme
    verdicts = ("exceeded", "reproduced", "not reached")
    assert sum(readme.count(f"| {verdict} |") for verdict in verdicts) == 7
    worse = page.replace(" reproduced |", "not reached |")
    assert "Not reached: validation accuracy of pytorch-tanh-csv, " in tool.make_claims(worse)


def test_the_outputs_of_a_page_are_written_below_its_blocks():
    tool, page = load_tool("docs_outputs"), PAGE.replace("0.9...", "0.95")
    here = sys.modules[__name__]
    assert tool.show_outputs(page, ["accuracy: 0.94\n", ""], here) == page
    changed = tool.show_outputs(page, ["accuracy: 0.80\n", "one\n\ntwo\n"], here)
    assert shown_blocks(changed) == [
        (block, (shown, NEAR))
        for (block, _), shown in zip(
            shown_blocks(page), ("accuracy: 0.80\n", "one\n\ntwo\n"), strict=True
        )
    ]
    assert changed.count("\n\n") == page.count("\n\n") + 2  # with the one inside the output
    assert changed.endswith("```\n")
    assert tool.show_outputs(changed, ["accuracy: 0.80\n", ""], here).count("output") == 1


def test_links_of_the_readme_point_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_links_of_a_page_have_words_and_point_somewhere(page):
    """Many read the pages as files. There, `[](page.md)` shows nothing."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    links = re.findall(r"\[([^\]]*)\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    assert [target for words, target in links if not words.strip()] == []
    made = "auto_examples/"  # the gallery, which the build of the site makes
    files = [target for _, target in links if made not in target]
    assert [target for target in files if not (page.parent / target).exists()] == []


def test_the_writers_of_a_search_are_one_for_each_fit(digits, small):
    """The block of docs/scaling.md that needs TensorBoard, with another writer."""
    X, _, y, _ = digits
    opened = []

    class SummaryWriter:
        def __init__(self, folder):
            self.folder, self.n_closed, self.lock = folder, 0, threading.Lock()
            self.losses = []
            opened.append(self)

        def add_scalar(self, tag, scalar_value, global_step):
            self.losses += [scalar_value] if tag == "Loss/train_loss" else []

        def close(self):
            self.n_closed += 1

    names = {"TensorBoard": TensorBoard, "SummaryWriter": SummaryWriter}
    exec(code_blocks("docs/scaling.md", "py")[1], names)
    model = small(max_epochs=2, callbacks=[names["BoardOfEachFit"]("runs")])
    search = GridSearchCV(model, {"lr": [0.005, 0.02]}, cv=2).fit(X, y)
    assert len({writer.folder for writer in opened}) == 5
    assert [writer.n_closed for writer in opened] == [1] * 5
    assert opened[-1].losses == search.best_estimator_.loss_curve_
