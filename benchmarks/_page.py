"""Write what was measured into a page of the docs, between two marks; all else there stays.

What the page shows lies as JSON in the folder `measured` beside it. So a benchmark that is run
again changes its own section, and the others stay, with their machine and their date.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from _arguments import fail
from _report import write_json

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SHOWN = (
    "title",
    "command",
    "machine",
    "settings",
    "columns",
    "rows",
    "notes",
    "targets",
    "figures",
)
_VERSIONS = ("python", "torch", "scikit-learn", "skorch", "numpy")


def read_results(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read what was measured in full; trials on other data say nothing."""
    results = {}
    for name in names:
        path = folder / f"{name}.json"
        if path.exists():
            result = _read_object(path)
            # A run that was killed midway has rows, but no figures; an old one knew no targets.
            if result.keys() >= set(SHOWN) and _is_real(result["settings"]):
                results[name] = result
    return results


def _read_object(path: Path) -> dict[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise fail(f"{path} is no JSON: {error}. Delete it, or run the benchmark again.") from error
    if not isinstance(result, dict):
        raise fail(f"{path} holds no result of a benchmark. Delete it.")
    return result


def _is_real(settings: Mapping[str, Any]) -> bool:
    return not settings["tiny"] and (settings["data"] != "digits" or bool(settings.get("claim")))


def markdown(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Lay out a table, its first column to the left and the others to the right."""
    lines = [list(columns), ["---", *["---:"] * (len(columns) - 1)], *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]


def where_and_when(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Name each machine, with its versions and the days of its runs."""
    days: dict[str, set[str]] = {}
    for about in (result["machine"] for result in results):
        versions = ", ".join(f"{name} {about[name]}" for name in _VERSIONS)
        machine = f"{about['cpu']}, {about['cores']} cores, {about['system']}; {versions}"
        days.setdefault(machine, set()).add(about["date"][:10])
    return [
        f"{machine}; {' to '.join(sorted({min(on), max(on)}))}." for machine, on in days.items()
    ]


def section(name: str, result: Mapping[str, Any]) -> list[str]:
    """Lay out one benchmark: how it was run, its table and its notes."""
    about = result["machine"]
    return [
        f"### {name}",
        "",
        f"{result['title']}. `{result['command']}`, {about['cpu']}, torch threads: "
        f"{about['threads']}, load {about['load']}, {about['date']}.",
        "",
        *markdown(result["columns"], result["rows"]),
        *(line for note in result["notes"] for line in ("", note)),
        "",
    ]


def measured(results: Mapping[str, Mapping[str, Any]], missing: Sequence[str]) -> str:
    """Lay out all of it: the targets first, then each benchmark."""
    targets = [
        [*target, f"`{name}`"] for name, result in results.items() for target in result["targets"]
    ]
    lines = [
        "### Targets",
        "",
        *markdown(["what", "measured", "fastest runs", "target", "", "below, under"], targets),
        "",
        *where_and_when(results.values()),
        "",
    ]
    if missing:
        lines += [f"Not measured here: {', '.join(missing)}.", ""]
    for name, result in results.items():
        lines += section(name, result)
    return "\n".join(lines)


def keep(results: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Store what the page shows of new results."""
    for name, result in results.items():
        folder.mkdir(exist_ok=True)
        write_json(folder / f"{name}.json", {key: result[key] for key in SHOWN})


def write_page(page: Path, folder: Path, names: Sequence[str]) -> None:
    """Add the new results of `names` that `folder` holds, and write all between the marks."""
    new, stored = read_results(folder, names), page.parent / "measured"
    results = {**read_results(stored, names), **new}
    if not results:
        raise fail(f"{folder} holds no figures of whole runs. Run the benchmarks first.")
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise fail(f"{page} must hold the lines {BEGIN} and {END}, once each.")
    keep(new, stored)
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    missing = [name for name in names if name not in results]
    middle = measured({name: results[name] for name in names if name in results}, missing)
    page.write_text(f"{before}{BEGIN}\n\n{middle}\n{END}{after}", encoding="utf-8")
    print(f"{page}: from {folder} {', '.join(new) or 'nothing'}; all else as stored in {stored}")
