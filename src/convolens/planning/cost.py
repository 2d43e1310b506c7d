"""From counted work to predicted seconds."""

from convolens.algorithms.base import Cost, Pipeline
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

# Rates of one core of a 2024 server processor, measured with NumPy 2 and SciPy 1.17; only their ratios
# matter for the choice. Operations per second in float32; other types take so many times longer.
RATES = {"python": 2e8, "stream": 8e9, "matmul": 1.5e11, "fft": 2.2e10, "compiled": 2.2e11}
SLOWER: dict[str, dict[str, float]] = {
    "float32": {"python": 1, "stream": 1, "matmul": 1, "fft": 1, "compiled": 1},
    "float64": {"python": 1, "stream": 2, "matmul": 2, "fft": 2.8, "compiled": 2},
    "int64": {"python": 1, "stream": 2.5, "matmul": 2, "fft": 1, "compiled": 2},
}
BANDWIDTH = 2.5e10  # bytes per second, for copies that leave the cache
CALL = 1.0e-6  # seconds a NumPy call takes before it does any work
STEP = 5e-6  # seconds a step of the reference's Python loop takes
COMPILE = 1.5  # seconds that a pipeline takes to compile where it is not kept, the compiler's start included


def predict_seconds(spec: ConvSpec, cost: Cost) -> float:
    """
    Predict how long a run takes, to within a factor of about two.

    Parameters
    ----------
    spec : ConvSpec
        Tells the data type.
    cost : Cost
        What an algorithm counted.
    """
    slower = SLOWER[str(spec.compute_dtype)][cost.work]
    overhead = STEP if cost.work == "python" else CALL
    return cost.operations * slower / RATES[cost.work] + cost.traffic / BANDWIDTH + cost.calls * overhead


def predict_setup(pipeline: Pipeline | None) -> float:
    """Predict how many seconds pass before the first run: those of a compiler, unless the code is kept."""
    if pipeline is None:
        return 0.0
    name, parameters = pipeline
    return 0.0 if compiler.ready(name, **parameters) else COMPILE
