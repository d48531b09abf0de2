import numpy as np
import pytest
import torch

from lenet_sklearn._training.losses import RUBBISH_DISTANCE, SampleLoss, to_proba


def test_cross_entropy_smooths_labels():
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    target = torch.tensor([0, 2])
    log_p = logits.log_softmax(1)
    plain = SampleLoss()(logits, target)
    torch.testing.assert_close(plain, -log_p[[0, 1], target])
    smooth = SampleLoss(label_smoothing=0.3)(logits, target)
    torch.testing.assert_close(smooth, 0.7 * plain - 0.3 * log_p.mean(1))


def test_map_criterion_is_equation_nine():
    distances = torch.tensor([[0.5, 3.0, 1.0], [4.0, 0.1, 0.2]])
    target = torch.tensor([0, 1])
    loss = SampleLoss("map")(-distances, target)
    rubbish = torch.tensor(-RUBBISH_DISTANCE).exp()
    expected = torch.stack(
        [
            0.5 + (rubbish + torch.tensor(-3.0).exp() + torch.tensor(-1.0).exp()).log(),
            0.1 + (rubbish + torch.tensor(-4.0).exp() + torch.tensor(-0.2).exp()).log(),
        ]
    )
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("kind", ["cross-entropy", "map"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_gradient_is_that_of_autograd(kind, smoothing):
    loss = SampleLoss(kind, label_smoothing=smoothing)
    logits = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    target = torch.tensor([0, 3, 1, 1, 2])
    expected = loss(logits, target)
    (gradient,) = torch.autograd.grad(expected.sum(), logits)
    losses, ours = loss.differentiate(logits.detach(), target)
    torch.testing.assert_close(losses, expected.detach())
    torch.testing.assert_close(ours, gradient)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_probabilities_are_positive_sum_to_one_and_keep_the_order(smoothing, n_classes):
    logits = np.random.default_rng(0).normal(0, 8, (500, n_classes))
    proba = to_proba(logits, smoothing)
    assert (proba > 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(proba.argmax(axis=1), logits.argmax(axis=1))
    for row, given in zip(proba, logits, strict=True):
        assert (np.diff(row[given.argsort()]) >= 0).all()


def test_smoothed_targets_come_back_as_the_true_probabilities():
    true = np.array([[0.9, 0.07, 0.03], [0.4, 0.35, 0.25]])
    smoothing = 0.1
    learned = np.log((1 - smoothing) * true + smoothing / 3)
    np.testing.assert_allclose(to_proba(learned, smoothing), true, atol=1e-5)
    np.testing.assert_allclose(to_proba(np.log(true), 0.0), true)
