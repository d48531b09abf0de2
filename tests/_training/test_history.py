import json

import pytest

from lenet_sklearn._training.history import pack_history, unpack_history

ROW = {"epoch": 1, "train_loss": 2.0, "train_acc": 0.5}


def through_text(history):
    state, left_out = pack_history(history)
    return unpack_history(json.loads(json.dumps(state))), left_out


def test_rows_with_other_columns_come_back():
    history = [ROW, {**ROW, "valid_acc": 0.25, "lr": None}, {**ROW, "note": "a", "pair": (1, 2)}]
    assert through_text(history) == (history, [])
    assert through_text([]) == ([], [])


def test_columns_that_cannot_be_stored_are_named():
    history = [{**ROW, "figure": object()}, {**ROW, "figure": 1}]
    assert through_text(history) == ([ROW, ROW], ["figure"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": ["epoch", "train_loss"]}, "must hold"),
        ({"columns": ["epoch", "epoch", "train_acc"]}, "must differ"),
        ({"columns": "abc"}, "columns of history must be a list"),
        ({"rows": [[1, 2.0]]}, "a value for each column"),
        ({"rows": [[1, 2.0, {}]]}, "each row of history must hold"),
        ({"rows": [[1, "low", 0.5]]}, "train_loss of history must be a number"),
        ({"rows": [[True, 2.0, 0.5]]}, "epoch of history must be a number"),
        ({"rows": {}}, "rows of history must be a list"),
        ({"more": 1}, "history must be an object"),
    ],
)
def test_what_is_no_history_is_refused(changes, message):
    state = {**pack_history([ROW])[0], **changes}
    with pytest.raises(ValueError, match=message):
        unpack_history(state)
