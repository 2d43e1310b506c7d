"""Pictures of a run say what they show."""

import numpy as np

from convolens.nn.data import Dataset
from convolens.nn.pictures import curves_picture, mistakes_picture


def test_mistakes_say_what_is_and_what_it_was_taken_for() -> None:
    """Each wrong item has its class, the one it was taken for, and its number, the surest first."""
    data = Dataset(np.zeros((4, 1, 3, 3), np.float32), np.array([0, 1, 2, 1]), ("cat", "dog", "owl"))
    scores = np.array([[1.0, 2, 0], [0, 3, 0], [9, 0, 1], [0, 1, 0]])
    figure = mistakes_picture(data, scores)
    assert figure is not None
    shown = [(axes.get_title(), axes.texts[0].get_text()) for axes in figure.axes if axes.texts]
    assert shown == [("is owl\ntaken for cat", "item 2"), ("is cat\ntaken for dog", "item 0")]
    assert mistakes_picture(data, np.eye(3)[data.classes]) is None


def test_curves_tell_training_from_validation() -> None:
    """Each of the two panels has a line of both, told apart by colour and by dashes."""
    history = [
        {"epoch": n, "loss": 1 / n, "accuracy": 1 - 1 / n, "validation_loss": 2 / n, "validation_accuracy": 0.5}
        for n in (1, 2, 3)
    ]
    figure = curves_picture(history)
    assert figure is not None
    for axes, last in zip(figure.axes, ((1 / 3, 2 / 3), (2 / 3, 0.5)), strict=True):
        np.testing.assert_allclose([line.get_ydata()[-1] for line in axes.lines], last)
        assert [line.get_label() for line in axes.lines] == ["training", "validation"]
        assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 2
    assert curves_picture([]) is None
