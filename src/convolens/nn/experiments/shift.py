"""A picture that is moved: maps move along (equivariance), and pooling makes of that what stays (invariance)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from convolens.nn.data import Dataset
from convolens.nn.experiments.trial import Experiment, Outcome, Trial, line, panels, spread
from convolens.nn.train import Trainer
from convolens.ops.arrays import Array

LAYERS = [f"conv {kernels},k3,same,wrap relu" for kernels in (8, 12, 16)]
NONE, POOLS, DENSE = "no pools, max of all", "pools, max of all", "pools, all cells"
TEXTS = {
    NONE: f"{' '.join(LAYERS)} gmp flatten dense {{}}",
    POOLS: f"{' max 2 '.join(LAYERS)} gmp flatten dense {{}}",
    DENSE: f"{' max 2 '.join(LAYERS)} flatten dense {{}}",
}
STAGES, GLOBAL = ("input", "relu1", "maxpool1", "maxpool2"), "globalpool1"
NAMES = {
    "input": "picture", "relu1": "convolution", "maxpool1": "one pool", "maxpool2": "two pools",
    GLOBAL: "max of all",
}  # fmt: skip
SHIFTS = (0, 1, 2, 3, 4)
LOOKED_AT = 64
ByShift = list[list[float]]


def run(trial: Trial) -> Outcome:
    """Train on pictures in the middle of a larger field, then move them sideways."""
    field = replace(trial, data=_in_field(trial.data))
    texts = {name: text.format(trial.classes) for name, text in TEXTS.items()}
    accuracy = {name: _by_shift() for name in texts}
    follows, stays = {stage: _by_shift() for stage in STAGES}, {stage: _by_shift() for stage in (*STAGES, GLOBAL)}
    for name, text in texts.items():
        for seed in range(trial.seeds):
            trainer = field.train(text, seed)
            test = trainer.parts.test
            for cells, found in zip(SHIFTS, accuracy[name], strict=True):
                moved = replace(test, inputs=np.roll(test.inputs, cells, -1))
                found.append(100 * trainer.evaluate(moved)[1])
            if name == POOLS:
                _measure(trainer, follows, stays)
    return Outcome(
        "What happens when the picture is moved?",
        ("cells moved", *map(str, SHIFTS)),
        (
            *((f"moved along: {NAMES[stage]}", *map(_mean, found)) for stage, found in follows.items()),
            *((f"stays: {NAMES[stage]}", *map(_mean, found)) for stage, found in stays.items()),
            *((f"{name}, %", *map(_narrow, found)) for name, found in accuracy.items()),
        ),
        (
            f"Pictures in a field half as large again, whose borders meet. {trial.conditions}",
            "The upper rows tell how far the map of the moved picture is from the map moved along, then from the "
            f"map that stays, in the network with {POOLS}; 1 is as far as another picture's map. The last are "
            "accuracies.",
            f"Equivariance: the map of a convolution moves along, to {np.max(follows['relu1']):.0e}; after one "
            f"pool it does for even shifts ({_mean(follows['maxpool1'][2])} at two cells), not for odd ones "
            f"({_mean(follows['maxpool1'][1])} at one), since other cells meet in a window.",
            f"Invariance: moved by one cell, the picture is off by {_mean(stays['input'][1])}, the map after two "
            f"pools by {_mean(stays['maxpool2'][1])}, the maximum of all by {_mean(stays[GLOBAL][1])}. Without "
            f"pools before it that maximum does not change: {spread(accuracy[NONE][0])} % are right, and "
            f"{spread(accuracy[NONE][1])} % after a shift by one.",
        ),
        {"networks": texts, "shifts": SHIFTS, "moved_along": follows, "stays": stays, "test_accuracy": accuracy},
        _picture(follows, stays, accuracy),
    )


def _picture(*findings: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    figure, every = panels(3, 4.4)
    titles = "Off from the map moved along", "Off from the map that stays", "Answers"
    for axis, title, finding in zip(every, titles, findings, strict=True):
        for name, found in finding.items():
            line(axis, SHIFTS, found, NAMES.get(name, name))
        axis.set(title=title, xlabel="cells that the picture is moved", xticks=SHIFTS)
        axis.set_ylabel("test accuracy, %" if axis is every[-1] else "difference (1: another picture)")
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
        axis.legend(fontsize=8)
    return figure


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2f}"


def _narrow(values: Sequence[float]) -> str:
    return spread(values).replace(" ", "")


def _by_shift() -> ByShift:
    return [[] for _ in SHIFTS]


def _in_field(data: Dataset) -> Dataset:
    """Set pictures into the middle of a field half as large again, filled with their darkest value."""
    around = [(0, 0), (0, 0), *((cells // 4, cells // 4) for cells in data.inputs.shape[2:])]
    test = None if data.test is None else _in_field(data.test)
    return replace(data, inputs=np.pad(data.inputs, around, constant_values=data.inputs.min()), test=test)


def _measure(trainer: Trainer, follows: Mapping[str, ByShift], stays: Mapping[str, ByShift]) -> None:
    """
    Measure, for each stage and shift, how far the map is from the moved map, and from the map that stays.

    A map of half the size moves by half as much, rounded to whole cells.
    """
    x = trainer.parts.test.inputs[:LOOKED_AT]
    still = trainer.network.values(x)
    for at, cells in enumerate(SHIFTS):
        now = trainer.network.values(np.roll(x, cells, -1))
        for stage in stays:
            typical = _distance(still[stage], np.roll(still[stage], 1, 0))
            stays[stage][at].append(_distance(now[stage], still[stage]) / typical)
            if stage in follows:
                step = x.shape[-1] // still[stage].shape[-1]
                along = np.roll(still[stage], round(cells / step), -1)
                follows[stage][at].append(_distance(now[stage], along) / typical)


def _distance(one: Array, other: Array) -> float:
    return float(np.sqrt(np.square(one - other).mean(dtype=np.float64)))


SHIFT = Experiment("shift", "translation of the picture against the change of maps and answers", run)
