"""Devices by name."""

import pytest
import torch

from lenet_sklearn._runs.jobs import numbered
from lenet_sklearn._training.devices import resolve_device


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("auto").type == "cuda"
    assert resolve_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="device='cuda:2' is not available"):
        resolve_device("cuda:2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("auto").type == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert resolve_device("auto").type == "cpu"
    assert resolve_device("cuda", fall_back=True).type == "cpu"
    with pytest.raises(ValueError, match=r"device='cuda' is not available.*here 'cpu'"):
        resolve_device("cuda")
    for name in ("gpu", "cuda:x", "", "cpu:0:1"):
        with pytest.raises(ValueError, match="device must be 'auto', 'cpu', 'cuda', 'cuda:N'"):
            resolve_device(name)


def test_jobs_go_round_the_gpus(monkeypatch):
    def devices(n_gpus):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n_gpus)
        found = [resolve_device("auto")]
        for number in range(4):
            with numbered(number):
                found.append(resolve_device("auto"))
                assert resolve_device("cpu").type == "cpu"
        return [str(device) for device in found]

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices(3) == ["cuda", "cuda:0", "cuda:1", "cuda:2", "cuda:0"]
    assert devices(1) == ["cuda"] * 5
    with numbered(2):  # who names one gets it
        assert resolve_device("cuda:0") == torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert set(devices(0)) == {"cpu"}
