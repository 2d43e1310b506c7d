"""The state and the widget of the sizes."""

import pytest

import convolens as cl
from convolens.errors import ConvolensError, SpecError
from convolens.lab.states import read_state
from convolens.lab.states.presets import SIZES


def test_presets_teach_what_they_say() -> None:
    """Networks cost what their papers say, fields and sizes are those that the notes name."""
    stacks = {name: state.result() for name, state in SIZES.items() if name != "impossible"}
    costs = {name: (stack.parameters, stack.macs) for name, stack in stacks.items()}
    assert costs["lenet"] == (61_706, 416_520)
    assert costs["vgg"] == (138_357_544, 15_470_264_320)
    assert costs["alexnet"] == (61_100_840, 714_188_480)
    assert costs["connected"][0] == 150_528_000
    assert stacks["three-small"].receptive_field == stacks["one-large"].receptive_field
    assert (costs["three-small"][0], costs["one-large"][0]) == (27, 49)
    assert [layer.output_size[0] for layer in stacks["shrinking"].layers] == [5, 3, 1]
    assert {layer.output_size[0] for layer in stacks["keeping"].layers} == {7}
    assert [layer.receptive_field.size[0] for layer in stacks["dilated"].layers] == [3, 7, 15, 31]
    separable = sum(layer.parameters for layer in stacks["separable"].layers if layer.kind == "conv")
    assert separable == 2_432
    assert cl.parse_stack("32x112x112 conv:64,k3").parameters == 18_496
    assert all(0 < state.layer <= len(stacks[name].layers) for name, state in SIZES.items() if name in stacks)


def test_a_stack_that_cannot_be_is_a_state() -> None:
    """It is kept, so that the exhibit can say why; what is no state is refused."""
    state = read_state(SIZES["impossible"].to_json())
    with pytest.raises(SpecError, match="layer 2 'conv:32,k7' at character 18"):
        state.result()  # type: ignore[attr-defined]
    for changes in ({"stack": "x" * 4001}, {"layer": 101}, {"cell": [1, 2, 3, 4]}, {"dtype": "int8"}):
        with pytest.raises(ConvolensError, match=r"state\."):
            read_state({"exhibit": "sizes", **changes})


def test_widget() -> None:
    """The widget takes a stack, and reads back what was edited."""
    widget = cl.widgets.Sizes("3x224x224 conv:64,k7,s2,p3", cell=(0, 10), dtype="float64", locked=["layers"])
    assert widget.stack.layers[0].memory == 2 * cl.parse_stack(widget.text).layers[0].memory
    widget.state = {**widget.state, "stack": widget.text + " relu max:3,s2,p1"}
    assert widget.stack.sees((0, 10)) == ((-5, 5), (35, 45))
    widget.text = "3x8x8 conv:4,k9"
    with pytest.raises(SpecError, match="kernel larger than the padded input"):
        _ = widget.stack
    assert cl.widgets.Sizes(preset="vgg", layer=1).state["layer"] == 1
    with pytest.raises(ConvolensError, match="unknown preset"):
        cl.widgets.Sizes(preset="vggg")
