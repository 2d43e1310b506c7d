"""Which pass a step comes down to."""

from convolens.nn.cell_passes import Elementwise, LayerNormalisation
from convolens.nn.joined import Step
from convolens.nn.map_passes import Concatenation, Pooling, Resizing, WholePooling
from convolens.nn.merge import Concat
from convolens.nn.normalise import LayerNorm
from convolens.nn.passes import Pass, View
from convolens.nn.pooling import Pool
from convolens.nn.reshape import Upsample
from convolens.nn.resize import Resize


def pass_of(step: Step) -> Pass:
    """Make the pass of a step that is no convolution, nor a transposed one."""
    layer = step.node.layer
    if step.is_view:
        return View(step)
    if step.links:
        return Elementwise(step)
    if WholePooling.takes(step):
        return WholePooling(step, layer)  # type: ignore[arg-type]
    match layer:
        case Pool():
            return Pooling(step, layer)
        case LayerNorm():
            return LayerNormalisation(step, layer)
        case Upsample() | Resize():
            return Resizing(step, layer)
        case Concat():
            return Concatenation(step, layer)
        case _:
            return Pass(step)
