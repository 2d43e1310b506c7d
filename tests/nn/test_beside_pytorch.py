"""Training beside PyTorch: from equal weights, equal losses step by step."""

import numpy as np
import pytest
from benchmarks.training import pytorch_copy

from convolens.nn import SGD, AdamW, CrossEntropy, Network, Training
from convolens.nn.optimiser import Optimiser

torch = pytest.importorskip("torch")

STEPS, BATCH = 10, 16
SMALL = "1x12x12 conv 16,k3 relu max 2 conv 32,k3 relu max 2 flatten dense 10"
WIDE = "3x8x8 conv 16,k3,same relu conv 32,k3,same relu max 2 conv 32,k3,same relu max 2 flatten dense 10"


@pytest.mark.parametrize(
    ("text", "kind", "dtype", "off"),
    [
        (SMALL, "sgd", "f4", 1e-5),
        (WIDE, "sgd", "f4", 1e-5),
        (SMALL, "adamw", "f8", 1e-9),  # its first step follows signs, which rounding in float32 may turn
    ],
)
def test_losses_are_those_of_pytorch(text: str, kind: str, dtype: str, off: float) -> None:
    """With momentum, or steps scaled by earlier gradients, to rounding."""
    network, random = Network.from_text(text), np.random.default_rng(1)
    for name, array in network.weights.items():
        network.weights[name] = array.astype(dtype)
    peer = pytorch_copy(network)
    ours: Optimiser
    if kind == "sgd":
        ours, theirs = SGD(0.02, momentum=0.9), torch.optim.SGD(peer.parameters(), 0.02, momentum=0.9)
    else:
        ours = AdamW(0.002)
        theirs = torch.optim.AdamW(peer.parameters(), 0.002, weight_decay=0.0)
        ours.decay = 0.0  # PyTorch's would shrink biases, too
    x = random.standard_normal((BATCH, *network.input_shape)).astype(dtype)
    classes = random.integers(0, 10, BATCH)
    found, wanted = [], []
    for _ in range(STEPS):
        scores, tape = network.forward(x, training=Training(random))
        value, grad = CrossEntropy()(scores, classes)
        ours.step(network.weights, network.backward(tape, grad)[0])
        found.append(value)
        theirs.zero_grad()
        loss = torch.nn.functional.cross_entropy(peer(torch.tensor(x)), torch.tensor(classes))
        loss.backward()
        theirs.step()
        wanted.append(loss.item())
    assert wanted[-1] < 0.9 * wanted[0]
    np.testing.assert_allclose(found, wanted, rtol=off)
