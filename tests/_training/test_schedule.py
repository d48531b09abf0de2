import pytest

from lenet_sklearn._training.schedule import (
    MAX_EPOCHS,
    MIN_EPOCHS,
    SCHEDULES,
    auto_batch_size,
    auto_epochs,
    lecun1998,
    one_cycle,
)


def test_auto_epochs_falls_with_n_between_its_bounds():
    epochs = [auto_epochs(n) for n in (2, 100, 1_000, 10_000, 60_000, 10**7)]
    assert epochs == sorted(epochs, reverse=True)
    assert (epochs[0], epochs[-1]) == (MAX_EPOCHS, MIN_EPOCHS)


def test_auto_epochs_take_their_share():
    assert auto_epochs(1_437) == 14
    assert auto_epochs(1_437, share=16 / 28) == 8
    assert auto_epochs(10**7, share=0.1) == MIN_EPOCHS


def test_auto_batches_grow_with_the_root_of_n():
    sizes = [auto_batch_size(n) for n in (1, 100, 400, 1_437, 3_000, 10_000, 10**7)]
    assert sizes == [16, 16, 16, 32, 64, 128, 128]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("n_steps", [1, 2, 7, 500])
def test_factors_are_shares(name, n_steps):
    factors = [SCHEDULES[name](step, n_steps) for step in range(n_steps)]
    assert all(0 < factor <= 1 for factor in factors)


def test_one_cycle_rises_for_a_quarter_and_falls_to_zero():
    factors = [one_cycle(step, 100) for step in range(100)]
    assert factors.index(max(factors)) == 25
    assert factors[25] == 1.0
    assert factors[0] == pytest.approx(0.05)
    assert factors[-1] == pytest.approx(1 / 75)


def test_lecun1998_has_the_papers_passes_and_rates():
    """5e-4 for 2 passes, 2e-4 for 3, 1e-4 for 3, 5e-5 for 4 and 1e-5 for the other 8."""
    n_steps = 20 * 937
    expected = [5e-4] * 2 + [2e-4] * 3 + [1e-4] * 3 + [5e-5] * 4 + [1e-5] * 8
    for step in (0, 936):  # the first and the last of each pass
        rates = [5e-4 * lecun1998(937 * epoch + step, n_steps) for epoch in range(20)]
        assert rates == pytest.approx(expected)
