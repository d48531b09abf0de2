import json

import pytest

from lenet_sklearn._runs.engine import Task, run_tasks


def make_tasks(computed, settings=None, numbers=(1, 2, 3)):
    def compute(number):
        computed.append(number)
        return {"square": number**2}

    return [Task(f"row {n}", settings or {"n": n}, lambda n=n: compute(n)) for n in numbers]


def run(tasks, out_dir, **identity):
    return run_tasks(
        "squares",
        tasks,
        identity=identity,
        describe=lambda row: str(row["square"]),
        out_dir=out_dir,
        progress=False,
    )


def test_rows_come_in_the_order_of_the_tasks(tmp_path):
    computed = []
    rows, environment = run(make_tasks(computed), None)
    assert [row["square"] for row in rows] == [1, 4, 9]
    assert all(row["date"].startswith("20") for row in rows)
    assert environment["versions"]["python"]
    run(make_tasks(computed, numbers=(3, 1)), tmp_path)
    rows, _ = run(make_tasks(computed, numbers=(1, 3)), tmp_path)
    assert [row["square"] for row in rows] == [1, 9]
    assert computed == [1, 2, 3, 3, 1]


def test_rows_of_other_settings_are_computed_again(tmp_path):
    computed = []
    run(make_tasks(computed, {"rate": 1}), tmp_path)
    run(make_tasks(computed, {"rate": 2}), tmp_path)
    assert computed == [1, 2, 3] * 2


def test_other_identities_are_refused(tmp_path):
    run(make_tasks([]), tmp_path, quick=True)
    with pytest.raises(ValueError, match="quick was True and is now False"):
        run(make_tasks([]), tmp_path, quick=False)


def test_a_failed_task_leaves_the_finished_rows(tmp_path):
    computed = []
    broken = [*make_tasks(computed)[:2], Task("row 3", {"n": 3}, lambda: 1 / 0)]
    with pytest.raises(ZeroDivisionError):
        run(broken, tmp_path)
    assert len(list(tmp_path.glob("rows/*.json"))) == 2
    run(make_tasks(computed), tmp_path)
    assert computed == [1, 2, 3]


def test_the_environment_is_that_of_the_first_run(tmp_path):
    run(make_tasks([]), tmp_path)
    path = tmp_path / "run.json"
    manifest = json.loads(path.read_text())
    manifest["about"]["platform"] = "elsewhere"
    path.write_text(json.dumps(manifest))
    _, environment = run(make_tasks([]), tmp_path)
    assert environment["platform"] == "elsewhere"
