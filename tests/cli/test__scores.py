from lenet_sklearn.cli._scores import describe_accuracy


def test_an_accuracy_in_words():
    # Wilson's interval of 9 in 10
    assert describe_accuracy(9, 10) == (
        "accuracy 90.0 % (95 % interval 59.6 to 98.2 %), 1 mistake in 10 images"
    )
