"""Experiments: what they compare is alike but for what they ask, and what they say follows from their numbers."""

import json

import numpy as np
import pytest

from convolens.errors import SpecError
from convolens.nn.data import Dataset
from convolens.nn.experiments import EXPERIMENTS, Trial
from convolens.nn.experiments.fixed_vs_learned import by_hand
from convolens.nn.train import Settings


@pytest.fixture
def trial() -> Trial:
    """Small pictures of three classes, and little time."""
    random = np.random.default_rng(0)
    classes = np.arange(60) % 3
    inputs = random.normal(size=(60, 1, 8, 8)) + classes[:, None, None, None] * np.eye(8)
    data = Dataset(inputs.astype(np.float32), classes, ("0", "1", "2"))
    return Trial(data, 2, Settings(epochs=1, batch=32, rate=0.01))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment(name: str, trial: Trial) -> None:
    """Each has a table whose rows fit its header, captions, a picture, and numbers that JSON holds."""
    said: list[str] = []
    trial.tell = said.append
    found = EXPERIMENTS[name].run(trial)
    assert all(len(row) == len(found.header) for row in found.rows)
    assert all(caption.endswith(".") for caption in found.captions)
    assert f"over {trial.seeds} seeds; {trial.parts(0).counts['training']} items" in " ".join(found.captions)
    assert found.figure.axes
    assert json.loads(json.dumps(found.numbers))
    assert said[-1].endswith("seed 2 of 2")


def test_networks_differ_in_what_is_asked_alone(trial: Trial) -> None:
    """With the same seed all layers begin alike but for the one that is given, which stays if it is frozen."""
    text = "conv 6,k3,same relu flatten dense 3"
    first = by_hand(1)
    trainers = [trial.train(text, 1, first=first, frozen="conv1"), trial.train(text, 1)]
    np.testing.assert_array_equal(trainers[0].network.weights["conv1.weight"], first)
    for part in ("training", "test"):
        a, b = (getattr(trainer.parts, part).inputs for trainer in trainers)
        np.testing.assert_array_equal(a, b)
    few = trial.train(text, 1, items=12)
    assert (len(few.parts.training.classes), few.settings.epochs) == (12, 4)


def test_kernels_by_hand() -> None:
    """They are Sobel and Laplacian with both signs, on every channel, as long as drawn ones."""
    found = by_hand(3)
    np.testing.assert_allclose(found[0], -found[1])
    np.testing.assert_allclose(
        found[0, 0] / found[0, 0, 1, 2] * 2, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], atol=1e-6
    )
    np.testing.assert_allclose(np.square(found).sum((1, 2, 3)), 2, rtol=1e-5)


def test_what_moves_along_and_what_stays(trial: Trial) -> None:
    """A convolution's map moves with the picture, a pooled one by its stride; without pools the maximum stays."""
    found = EXPERIMENTS["shift"].run(trial).numbers
    np.testing.assert_allclose(found["moved_along"]["relu1"], 0, atol=1e-5)
    np.testing.assert_allclose([found["moved_along"]["maxpool1"][at] for at in (0, 2, 4)], 0, atol=1e-5)
    assert np.min(found["moved_along"]["maxpool1"][1]) > 0.1
    assert np.min(found["stays"]["input"][1]) > 0.5
    for every in found["test_accuracy"]["no pools, max of all"][1:]:
        assert every == found["test_accuracy"]["no pools, max of all"][0]


def test_data_without_pictures() -> None:
    """Signals are refused."""
    with pytest.raises(SpecError, match="rows and columns, not 1×8"):
        Trial(Dataset(np.zeros((4, 1, 8), np.float32), np.arange(4) % 2, ("0", "1")))
