"""Maximum against average, and against a stride, on pictures as they are, with noise, and moved."""

from dataclasses import replace

import numpy as np

from convolens.nn.augment import augment
from convolens.nn.data import Dataset
from convolens.nn.experiments.trial import Experiment, Outcome, Trial, compared, groups, panels, spread

TEXT = "conv 16,k3,same{stride} relu {pool} conv 16,k3,same relu flatten dense {classes}"
WAYS = {"max": ("", "max 2"), "average": ("", "avg 2"), "stride": (",s2", "")}
NOISE, SHIFT = 1.0, 1.0
TESTS: dict[str, dict[str, float]] = {
    "as it is": {},
    "with noise": {"noise": NOISE},
    "moved by up to a cell": {"shift": SHIFT},
}


def run(trial: Trial) -> Outcome:
    """Train networks that differ in how they halve their maps, and test each on three kinds of pictures."""
    found: dict[str, dict[str, list[float]]] = {}
    texts = {
        way: TEXT.format(stride=stride, pool=pool, classes=trial.classes) for way, (stride, pool) in WAYS.items()
    }
    for way, text in texts.items():
        found[way] = {test: [] for test in TESTS}
        for seed in range(trial.seeds):
            trainer = trial.train(text, seed)
            for test, how in TESTS.items():
                changed = _changed(trainer.parts.test, how, seed)
                found[way][test].append(100 * trainer.evaluate(changed)[1])
    figure, (axis,) = panels(1, 7)
    groups(axis, found)
    axis.set(ylabel="test accuracy, %", title="Halving a map: maximum, average, or every second cell")
    return Outcome(
        "Maximum or average?",
        ("halved by", *TESTS),
        tuple((way, *map(spread, every.values())) for way, every in found.items()),
        (
            f"{trial.conditions} Noise has the deviation of the pictures themselves.",
            *(
                f"{test.capitalize()}: {compared('max', found['max'][test], 'average', found['average'][test])}; "
                f"{compared('max', found['max'][test], 'a stride', found['stride'][test])}."
                for test in TESTS
            ),
            "All three have the same number of parameters; none saw noise or shifts while it learned.",
        ),
        {"networks": texts, "noise": NOISE, "shift": SHIFT, "test_accuracy": found},
        figure,
    )


def _changed(data: Dataset, how: dict[str, float], seed: int) -> Dataset:
    return replace(data, inputs=augment(data.inputs, how, np.random.default_rng([seed, 5])))


POOLING = Experiment("pooling", "max pooling against average pooling, and against a stride", run)
