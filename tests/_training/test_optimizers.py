"""The optimisers take the steps of torch's own, and leave torch.compile alone."""

import subprocess
import sys

import pytest
import torch

from lenet_sklearn._training.optimizers import OPTIMIZERS


def steps(optimizer_class, options, n=5):
    parameter = torch.nn.Parameter(torch.linspace(-1, 1, 12).view(3, 4))
    optimizer = optimizer_class([parameter], lr=0.1, weight_decay=0.1, fused=True, **options)
    for k in range(n):
        optimizer.zero_grad()
        (parameter * (k + 1)).square().sum().backward()
        optimizer.step()
    return parameter.detach(), optimizer.state_dict()


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_steps_equal_torchs_own(name):
    ours, options = OPTIMIZERS[name]
    own = next(base for base in ours.__mro__ if base.__module__.startswith("torch.optim."))
    mine, state = steps(ours, options)
    its, its_state = steps(getattr(torch.optim, ours.__name__), options)
    assert torch.equal(mine, its)
    assert state["state"].keys() == its_state["state"].keys()
    assert issubclass(ours, own)


def test_a_state_goes_from_one_to_another():
    ours, options = OPTIMIZERS["adamw"]
    _, state = steps(ours, options)
    parameter = torch.nn.Parameter(torch.zeros(3, 4))
    optimizer = ours([parameter], lr=0.5, fused=True)
    optimizer.load_state_dict(state)
    assert optimizer.state[parameter]["step"].item() == 5
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_fitting_does_not_import_what_compiles():
    code = (
        "import sys, numpy as np\n"
        "from lenet_sklearn import LeNet5Classifier\n"
        "X = np.random.default_rng(0).random((20, 64), dtype='f4')\n"
        "LeNet5Classifier(max_epochs=1, batch_size=5).fit(X, np.arange(20) % 2).predict(X)\n"
        "sys.exit('torch._dynamo' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code]).returncode == 0
