import torch

from lenet_sklearn._network.character_codes import character_codes


def test_each_digit_has_a_character_of_its_own():
    codes = character_codes(range(10))
    assert codes.shape == (10, 84)
    assert (codes.abs() == 1).all()
    different = (codes[:, None] != codes[None]).sum(-1)
    different.fill_diagonal_(84)
    assert different.min() >= 5


def test_labels_choose_their_characters():
    codes = character_codes(range(10))
    assert torch.equal(character_codes([3, 7]), codes[[3, 7]])
    assert torch.equal(character_codes(["3", "7"]), codes[[3, 7]])
    assert character_codes([3, 11]) is None


def test_a_zero_looks_like_one():
    zero = character_codes([0]).view(12, 7) > 0
    assert zero[0].tolist() == [False, True, True, True, True, True, False]
    assert not zero[4, 3]
