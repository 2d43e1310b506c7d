"""Maps that shrink with every layer, against maps that keep their size."""

from typing import Any

from convolens.nn.experiments.trial import Experiment, Outcome, Trial, compared, line, panels, spread
from convolens.nn.network import Network

DEPTHS = (1, 2, 3, 4)
WIDTH = 12
KINDS = {"without padding": "valid", "same padding": "same"}


def run(trial: Trial) -> Outcome:
    """Train networks of one to four layers of 3 × 3, without padding and with it."""
    shape = trial.data.inputs.shape[1:]
    rows, numbers = list[tuple[str, ...]](), list[dict[str, Any]]()
    drawn: dict[str, tuple[list[int], list[list[float]]]] = {}
    for kind, option in KINDS.items():
        depths = [depth for depth in DEPTHS if option == "same" or min(shape[1:]) > 2 * depth]
        drawn[kind] = depths, []
        for depth in depths:
            text = " ".join([f"conv {WIDTH},k3,{option} relu"] * depth + [f"flatten dense {trial.classes}"])
            network = Network.from_text(text, shape)
            every = trial.accuracies(text)
            last = network.shapes[f"conv{depth}"]
            drawn[kind][1].append(every)
            rows.append((str(depth), kind, f"{last[1]} × {last[2]}", f"{network.parameters:,}", spread(every)))
            numbers.append(
                {
                    "depth": depth, "kind": kind, "network": text, "map": last, "parameters": network.parameters,
                    "test_accuracy": every,
                }
            )  # fmt: skip
        rows += [(str(depth), kind, "none left", "", "") for depth in DEPTHS if depth not in depths]
    figure, (left, right) = panels(2, 4.8)
    for kind, (depths, accuracies) in drawn.items():
        line(left, depths, accuracies, kind)
        maps = [entry["map"][1] for entry in numbers if entry["kind"] == kind]
        right.plot(depths, maps, marker="o", label=kind)
    left.set(xlabel="layers of 3 × 3", ylabel="test accuracy, %", xticks=DEPTHS, title="Accuracy with depth")
    right.set(xlabel="layers of 3 × 3", ylabel="rows of the last map", xticks=DEPTHS, ylim=(0, shape[1] + 1))
    right.set_title("What is left of the map")
    left.legend()
    without, same = drawn["without padding"], drawn["same padding"]
    said = [
        f"with {depth} layer{'s' if depth > 1 else ''}, "
        f"{compared('same padding', same[1][DEPTHS.index(depth)], 'none', every)}"
        for depth, every in zip(*without, strict=True)
    ]
    return Outcome(
        "What does padding do as networks grow deeper?",
        ("layers", "kind", "last map", "parameters", "test accuracy, %"),
        tuple(sorted(rows)),
        (
            f"Layers of {WIDTH} kernels of 3 × 3 and ReLU, then all cells to {trial.classes} classes. "
            + trial.conditions,
            f"In pairs: {'; '.join(said)}.",
            "Each layer without padding takes a cell from every edge, so that depth is bounded by the picture. "
            "Maps that keep their size leave more weights to the last layer, which is part of the difference.",
        ),
        {"runs": numbers},
        figure,
    )


PADDING = Experiment("padding", "layers without padding against same padding, as networks grow deeper", run)
