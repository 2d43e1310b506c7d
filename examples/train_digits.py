"""Train a small network on the 8 × 8 handwritten digits, and say how good it is. Takes a few seconds."""

from convolens.nn import Network
from convolens.nn.data import divide, read_data
from convolens.nn.train import Settings, Trainer

parts = divide(read_data("digits"), seed=0)
network = Network.from_text("conv 8,k3,same relu max 2 conv 16,k3,same relu flatten dense 10", (1, 8, 8))
print(network)

trainer = Trainer(network, parts, Settings(epochs=6, rate=0.01))
while trainer.run():
    pass
for epoch in trainer.progress.history:
    right = epoch["validation_accuracy"]
    print(f"epoch {epoch['epoch']:.0f}: loss {epoch['loss']:.3f}, {right:.1%} of the validation part right")

loss, accuracy, scores = trainer.evaluate(parts.test)
wrong = scores.argmax(1) != parts.test.classes
print(f"test: {accuracy:.1%} right; {wrong.sum()} of {len(wrong)} wrong")
for item in wrong.nonzero()[0][:5]:
    print(f"  item {item} is {parts.test.classes[item]}, taken for {scores[item].argmax()}")
