import torch

from lenet_sklearn._training.losses import RUBBISH_DISTANCE, SampleLoss


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
