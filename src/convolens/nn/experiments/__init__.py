"""What the literature says of convolutional networks, tried on data: small networks, several seeds, numbers."""

from convolens.nn.experiments.fixed_vs_learned import FIXED_VS_LEARNED
from convolens.nn.experiments.padding import PADDING
from convolens.nn.experiments.parameters import PARAMETERS
from convolens.nn.experiments.pooling import POOLING
from convolens.nn.experiments.shift import SHIFT
from convolens.nn.experiments.trial import Experiment, Outcome, Trial

EXPERIMENTS = {
    experiment.name: experiment for experiment in (FIXED_VS_LEARNED, PADDING, POOLING, PARAMETERS, SHIFT)
}

__all__ = ["EXPERIMENTS", "Experiment", "Outcome", "Trial"]
