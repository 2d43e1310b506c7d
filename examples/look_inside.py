"""Look inside a trained network: its filters by name, what excites them, and what an answer goes by."""

import numpy as np

from convolens.nn import Network, exciting_patches, nearest_kernel, occlusion
from convolens.nn.data import divide, read_data
from convolens.nn.train import Settings, Trainer

parts = divide(read_data("digits"), seed=0)
network = Network.from_text("conv 8,k3,same relu max 2 flatten dense 10", (1, 8, 8))
trainer = Trainer(network, parts, Settings(epochs=6, rate=0.01))
while trainer.run():
    pass

print("filters, and the named kernels that they are most like:")
patches = exciting_patches(network, parts.test.inputs, "conv1", count=1)
for number, (kernel, best) in enumerate(zip(network.weights["conv1.weight"], patches, strict=True)):
    found = nearest_kernel(kernel[0])
    near = f"{found.name} ({found.score:.2f}{'' if found.is_near else ', no more than chance'})"
    print(f"  {number}: {near}; excited most by item {best[0].item} at row and column {best[0].cell}")

item = 12
x, truth = parts.test.inputs[item], parts.test.classes[item]
answer = network(x[None])[0].argmax()
print(f"item {item} is {truth}, taken for {answer}. Where hiding 2 × 2 cells lowers the score most (of 9):")
falls = occlusion(network, x, answer)
for row in np.round(9 * falls.clip(0) / falls.max()).astype(int):
    print("  " + " ".join(str(number) if number else "." for number in row))
