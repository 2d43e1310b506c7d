"""How many parameters convolutions need for an accuracy, and how many fully connected layers."""

import numpy as np

from convolens.nn.experiments.trial import Experiment, Outcome, Trial, line, panels, spread
from convolens.nn.network import Network

FAMILIES = {
    "one convolution": ("conv {0},k3 relu max 2 flatten dense {1}", (4, 8, 16, 32)),
    "two convolutions": ("2*(conv {0},k3,same relu max 2) flatten dense {1}", (4, 8, 16, 24)),
    "fully connected": ("flatten dense {0} relu dense {1}", (4, 8, 16, 32, 64, 128)),
}


def run(trial: Trial) -> Outcome:
    """Train networks of each family from small to large."""
    rows, numbers, curves = [], [], {}
    for family, (text, widths) in FAMILIES.items():
        sizes, every = [], []
        for width in widths:
            whole = text.format(width, trial.classes)
            sizes.append(Network.from_text(whole, trial.data.inputs.shape[1:]).parameters)
            every.append(trial.accuracies(whole))
            rows.append((family, str(width), f"{sizes[-1]:,}", spread(every[-1])))
            numbers.append({"network": whole, "parameters": sizes[-1], "test_accuracy": every[-1]})
        curves[family] = sizes, every
    reached = {family: [float(np.mean(values)) for values in every] for family, (_, every) in curves.items()}
    target = np.floor(2 * min(max(means) for means in reached.values())) / 2
    needed = {family: parameters_for(target, curves[family][0], reached[family]) for family in FAMILIES}
    figure, (axis,) = panels(1, 7)
    for family, (sizes, every) in curves.items():
        line(axis, sizes, every, family)
    axis.axhline(target, color="gray", linestyle="--", linewidth=1)
    axis.set(xscale="log", xlabel="parameters", ylabel="test accuracy, %", title="Accuracy for parameters")
    axis.legend(loc="lower right")
    *convolutional, dense = needed.values()
    return Outcome(
        "How many parameters does an accuracy cost?",
        ("family", "width", "parameters", "test accuracy, %"),
        tuple(rows),
        (
            trial.conditions,
            f"For {target:.1f} %, read off the lines between the means, "
            + ", ".join(f"{family}: about {count:,.0f}" for family, count in needed.items())
            + f" parameters; the last {' and '.join(f'{dense / n:.1f}' for n in convolutional)} times as many.",
            f"{target:.1f} % is the highest half percent that all families reach with these widths. Larger "
            "pictures widen the gap, since a fully connected layer has a weight for each cell.",
        ),
        {"runs": numbers, "equal_accuracy": target, "needed": needed},
        figure,
    )


def parameters_for(target: float, sizes: list[int], means: list[float]) -> float:
    """
    Read off how many parameters reach an accuracy, between the first size that does and the one before.

    >>> round(parameters_for(95, [100, 1000, 10000], [90, 94, 96]))
    3162
    """
    at = next(index for index, mean in enumerate(means) if mean >= target)
    if not at:
        return float(sizes[0])
    share = (target - means[at - 1]) / (means[at] - means[at - 1])
    return float(sizes[at - 1] * (sizes[at] / sizes[at - 1]) ** share)


PARAMETERS = Experiment(
    "parameters", "parameters of convolutions and of fully connected layers at equal accuracy", run
)
