"""Install the wheel of dist/ into an empty environment, and use it there: `make dist` does.

python tools/check_wheel.py
python tools/check_wheel.py --constraints constraints-oldest.txt
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Run by the Python of the new environment, in an empty folder.
CORE = """
import sys
import numpy as np
import lenet_sklearn
from lenet_sklearn import LeNet5Classifier, load_model, load_pretrained, save_model
from lenet_sklearn.datasets import load_digits_images

assert sys.prefix in lenet_sklearn.__file__, lenet_sklearn.__file__
X, y = load_digits_images(return_X_y=True)
model = LeNet5Classifier(random_state=0, max_epochs=5).fit(X[:1000], y[:1000])
score = model.score(X[1000:], y[1000:])
assert score > 0.8, score
save_model(model, "digits.safetensors")
assert (load_model("digits.safetensors").predict(X) == model.predict(X)).all()
for name in ("mnist", "fashion-mnist"):
    assert load_pretrained(name).predict(np.arange(784).reshape(1, 784) % 256).shape == (1,)
print(f"lenet_sklearn {lenet_sklearn.__version__}: accuracy {score:.3f} after 5 epochs")
"""
EXTRAS = """
import subprocess, sys, urllib.request
from pathlib import Path
from lenet_sklearn import load_model
from lenet_sklearn.datasets import load_digits_images
from lenet_sklearn.reporting import write_report

X, y = load_digits_images(return_X_y=True)
write_report(load_model("digits.safetensors"), X[1000:], y[1000:], "report.html", explain=False)
assert "<html" in Path("report.html").read_text(encoding="utf-8")
command = [sys.executable, "-m", "lenet_sklearn", "demo", "--port", "0"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as page:
    try:
        line = page.stdout.readline()  # Open http://… in a browser.
        address = line.split()[1]
        for part in ("", "pad.js", "page.js", "page.css", "icon.svg"):
            with urllib.request.urlopen(f"{address}/{part}") as answer:
                assert answer.status == 200, part
    finally:
        page.terminate()
print(f"the report has {Path('report.html').stat().st_size:,} bytes; {line.strip()}")
"""
COMMANDS = (
    ["lenet-sklearn", "--version"],
    ["lenet-sklearn", "datasets"],
    ["lenet-sklearn", "evaluate", "digits.safetensors", "--data", "digits"],
    ["lenet-sklearn", "benchmark", "--data", "digits", "--cv", "2", "--models", "svm,dummy"],
)


def main(constraints: str) -> None:
    """Use the wheel without extras, then its pages with theirs; an error ends the script."""
    wheels = sorted((ROOT / "dist").glob("*.whl"))
    if len(wheels) != 1:
        sys.exit(f"dist/ must hold one wheel. Got {len(wheels)}. Run `make dist`.")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder, "venv"), with_pip=True)
        scripts = Path(folder, "venv", "Scripts" if os.name == "nt" else "bin")
        work = Path(folder, "work")
        work.mkdir()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

        def run(command: list[str], *arguments: str) -> None:
            command = [str(scripts / command[0]), *command[1:], *arguments]
            subprocess.run(command, cwd=work, env=environment, check=True)

        def install(requirement: str) -> None:
            run(["python", "-m", "pip", "--disable-pip-version-check", "install", "-q"],
                "-c", str(ROOT / constraints), requirement)  # fmt: skip

        install(str(wheels[0]))
        run(["python", "-c", CORE])
        for command in COMMANDS:
            run(command)
        install(f"{wheels[0]}[demo,report]")
        run(["python", "-c", EXTRAS])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--constraints", default="constraints.txt", help="file at the root")
    main(parser.parse_args().constraints)
