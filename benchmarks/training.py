"""Steps of training: forward, loss, backward and optimiser on one batch, beside PyTorch's from equal weights."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import convolens as cl
from benchmarks.contenders import MISSING, OURS, Variant, load
from benchmarks.measure import probe, ratios, spread, time_in_turn
from convolens.nn import SGD, Conv, CrossEntropy, Network, Training
from convolens.planning.circumstances import steady

Record = dict[str, Any]

RATE, MOMENTUM = 0.01, 0.9
FEW, OFF = 3, 1e-3  # first losses that are compared, and how far off makes a contender wrong

SMALL = "1x28x28 conv 16,k3 relu max 2 conv 32,k3 relu max 2 flatten dense 10"
WIDE = "1x28x28 conv 32,k3 relu max 2 conv 64,k3 relu max 2 flatten dense 10"
VGG = (
    "3x32x32 conv 64,k3,same relu conv 64,k3,same relu max 2 conv 128,k3,same relu conv 128,k3,same relu max 2 "
    "conv 256,k3,same relu conv 256,k3,same relu conv 256,k3,same relu max 2 flatten dense 10"
)


@dataclass(frozen=True, slots=True)
class Course:
    """A network as text, and the items of a batch."""

    text: str
    batch: int

    def data(self) -> tuple[Network, Any, Any]:
        """Return the network as it begins, a batch, and its classes."""
        network, random = Network.from_text(self.text), np.random.default_rng(3)
        x = random.standard_normal((self.batch, *network.input_shape), np.float32)
        return network, x, random.integers(0, 10, self.batch)


COURSES = {
    f"{name}-step-b{batch}": Course(text, batch)
    for name, text in (("two-convolutions", SMALL), ("two-convolutions-wide", WIDE), ("cifar-vgg", VGG))
    for batch in (64, 128)
}


def ours(course: Course, threads: int) -> Iterator[Variant]:
    """Yield our step."""
    cl.threads(threads)
    network, x, classes = course.data()
    optimiser, loss, training = SGD(RATE, momentum=MOMENTUM), CrossEntropy(), Training(np.random.default_rng(0))

    def step() -> float:
        with steady():  # as a trainer plans
            scores, tape = network.forward(x, training=training)
            value, grad = loss(scores, classes)
            optimiser.step(network.weights, network.backward(tape, grad)[0])
        return value

    yield Variant("", step, lambda value: [np.array(value)])


def pytorch(course: Course, threads: int) -> Iterator[Variant]:
    """Yield PyTorch's step in both memory formats."""
    import torch

    torch.set_num_threads(threads)
    for label, memory in (("channels-first", torch.contiguous_format), ("channels-last", torch.channels_last)):
        network, x, classes = course.data()
        module = pytorch_copy(network).to(memory_format=memory)
        items, target = torch.from_numpy(x).contiguous(memory_format=memory), torch.from_numpy(classes)
        optimiser = torch.optim.SGD(module.parameters(), RATE, momentum=MOMENTUM)

        def step(
            module: Any = module, optimiser: Any = optimiser, items: Any = items, target: Any = target
        ) -> float:
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(module(items), target)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            return float(loss.item())

        yield Variant(label, step, lambda value: [np.array(value)])


def pytorch_copy(network: Network) -> Any:
    """Build a chain of convolutions, ReLU, maxima and fully connected layers in PyTorch, with the same weights."""
    import torch

    modules: list[Any] = []
    for node in network.nodes:
        weight = network.weights.get(f"{node.name}.weight")
        if isinstance(node.layer, Conv) and weight is not None:
            kernels, channels, size, _ = weight.shape
            modules.append(torch.nn.Conv2d(channels, kernels, size, padding=node.layer.padding))  # type: ignore[arg-type]
        elif weight is not None:
            modules.append(torch.nn.Linear(*weight.shape[::-1]))
        else:
            kinds = {"relu": torch.nn.ReLU(), "maxpool": torch.nn.MaxPool2d(2), "flatten": torch.nn.Flatten()}
            modules.append(kinds[node.layer.kind])
    found = torch.nn.Sequential(*modules)
    state = dict(zip(found.state_dict(), map(torch.tensor, network.state().values()), strict=True))
    found = found.to(next(iter(state.values())).dtype)
    found.load_state_dict(state)
    return found


def measure_training(name: str, peers: list[str], threads: int, *, quick: bool = False) -> Record:
    """Return the record of a course: first whether losses agree, then how long steps take, in turn."""
    course, seconds, rounds = COURSES[name], 1.0 if quick else 6.0, 3 if quick else 15
    contenders: dict[str, Record] = {}
    calls: dict[str, Callable[[], Any]] = {}
    wanted: list[float] = []
    for contender in (OURS, *peers):
        if contender not in WAYS:
            contenders[contender] = {"status": "unable: does not train"}
            continue
        if load(contender) is None:
            contenders[contender] = {"status": MISSING}
            continue
        quickest = math.inf
        for way in WAYS[contender](course, threads):
            losses = [way.call() for _ in range(FEW)]
            wanted = wanted or losses
            off = max(abs(a - b) / abs(b) for a, b in zip(losses, wanted, strict=True))
            once = probe(way)
            if off < OFF and once < quickest:
                quickest, calls[contender] = once, way.call
                contenders[contender] = {"status": "ran", "variant": way.label, "error": off}
            contenders.setdefault(contender, {"status": "wrong", "variant": way.label, "error": off})
    samples = time_in_turn(calls, seconds, rounds)
    for contender, times in samples.items():
        contenders[contender] |= spread(times) | {"samples": len(times)}
    found = {"case": name, "group": "training", "threads": threads, "contenders": contenders}
    return found | {"ratios": ratios(samples)}


WAYS: dict[str, Callable[[Course, int], Iterator[Variant]]] = {OURS: ours, "torch": pytorch}
