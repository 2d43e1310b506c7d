"""Stacks as text: what can be written, and what each mistake says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import ConvolensError, SpecError, UnknownNameError
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.stack_text import parse_stack


def names(text: str) -> list[str]:
    """Give the names of the layers."""
    return [layer.name for layer in parse_stack(text).layers]


def test_options_of_a_convolution() -> None:
    """All of them arrive in the spec."""
    (layer,) = parse_stack("4x20x21 CONV:8,k3x5,s2,p0+1x2+2,d1x2,g2,nobias,mirror,flip").layers
    expected = ConvSpec(
        (4, 20, 21),
        (8, 2, 3, 5),
        stride=2,
        padding=[(0, 1), (2, 2)],
        dilation=(1, 2),
        groups=2,
        border="reflect",
        flip=True,
    )
    assert layer.spec == expected
    assert layer.spec.border == Border("reflect")


def test_a_lone_pair_of_pads_is_for_every_dimension() -> None:
    """``p0+1`` is what an even kernel needs to keep the size."""
    assert parse_stack("1x9x8 conv:1,k2,p0+1").output_shape == (1, 9, 8)


@pytest.mark.parametrize(("pads", "size"), [("valid", 6), ("same", 8), ("same-lower", 8), ("full", 10), ("p1", 8)])
def test_named_padding(pads: str, size: int) -> None:
    """The names of :func:`resolve_padding`."""
    assert parse_stack(f"1x8 conv:1,k3,{pads}").output_shape == (1, size)


def test_bias_is_the_rule() -> None:
    """Layers have a bias unless told otherwise."""
    assert parse_stack("3x8x8 conv:4,k3").parameters - parse_stack("3x8x8 conv:4,k3,nobias").parameters == 4


def test_the_window_of_pooling_may_be_called_k() -> None:
    """``max:3`` and ``max:k3`` are the same."""
    assert parse_stack("1x9x9 max:3").layers[0].spec == parse_stack("1x9x9 max:k3").layers[0].spec


def test_repetition_is_written_out() -> None:
    """A layer, a group, and groups in groups."""
    assert names("3x8x8 2*relu") == ["relu", "relu"]
    assert names("3x8x8 2*(relu tanh) (bn)") == ["relu", "tanh", "relu", "tanh", "bn"]
    assert names("3x8x8 2*(2*relu (bn tanh))") == ["relu", "relu", "bn", "tanh"] * 2


MISTAKES: list[tuple[type[ConvolensError], str, str]] = [
    (SpecError, "", "begins with the shape of its input, such as 3x224x224, but nothing"),
    (SpecError, "conv:3,k3", "begins with the shape of its input.* but 'conv:3,k3' was given"),
    (SpecError, "3x-8x8 relu", "begins with the shape"),
    (SpecError, "0x8x8 relu", r"input \(0, 8, 8\) must be channels and 1 to 3 sizes"),
    (SpecError, "1x2x3x4x5", "1 to 3 sizes"),
    (SpecError, "3x8x8 relu conv", "^layer 2 'conv' at character 12, on input 3×8×8: the number is missing"),
    (SpecError, "3x8x8 conv:64", "the kernel is missing; write, for example, conv:64,k3"),
    (SpecError, "3x8x8 conv:4,k", "'k' cannot be read; write k3 or k3x5"),
    (SpecError, "3x8x8 conv:4,k-1", "'k-1' cannot be read; write k3 or k3x5"),
    (SpecError, "3x8x8 conv:4,k2.5", "'k2.5' cannot be read"),
    (SpecError, "3x8x8 conv:4,k3,p1+", r"'p1\+' cannot be read; write p1, p1x2 or p0\+1"),
    (SpecError, "3x8x8 conv:4x4,k3", "one number is wanted, not 4x4"),
    (SpecError, "3x8x8 conv:4,k3,s0", "stride must be a whole number of at least 1, not 0"),
    (SpecError, "3x8x8 conv:4,k9", r"layer 1 'conv:4,k9' .*on input 3×8×8: kernel larger.*8 \+ 0 pads = 8"),
    (SpecError, "3x8x8 conv:4,k3x3x3", "the kernel has 3 sizes, but the input has 2"),
    (SpecError, "3x8x8 conv:4,k3,g2", "groups=2 must divide the input's 3 channels"),
    (SpecError, "3x8x8 conv:4,k3,g3", "groups=3 .* there are 4 kernels"),
    (SpecError, "3x8x8 conv:4,k3,g1x1", "one number is wanted, not 1x1"),
    (SpecError, "3x8x8 conv:4,k3,s2,s2", "'s2' says stride a second time"),
    (SpecError, "3x8x8 conv:4,k3,same,p1", "'p1' says padding a second time"),
    (SpecError, "3x8x8 conv:4,k3,ceil", "'ceil' means nothing here; options: a number, k, s, p, d, g, valid"),
    (SpecError, "3x8x8 conv:4,k3,p1x1x1", "padding needs one number or 2"),
    (SpecError, "3x8x8 conv:0,k3", "must have at least one element"),
    (SpecError, "3x8x8 deconv:4,k2,s2,op2", "output_padding must be less than the stride"),
    (SpecError, "3x8x8 deconv:4,k2,g2", "groups=2 must divide the input's 3 channels and the 4 kernels"),
    (SpecError, "3x8x8 max", "give the window once"),
    (SpecError, "3x8x8 max:3,k3", "give the window once"),
    (SpecError, "3x8x8 max:9", "window larger than the padded input"),
    (SpecError, "3x8x8 adaptive:2x2x2", "output size needs one number or 2"),
    (SpecError, "3x8x8 gap:3", "it takes no options, but '3' was given"),
    (SpecError, "3x8x8 relu:3", "it takes no options, but '3' was given"),
    (SpecError, "3x8x8 dense", "write, for example, dense:10"),
    (SpecError, "3x8x8 dense:0", "outputs must be a whole number of at least 1"),
    (SpecError, "3x8x8 flatten conv:4,k3", r"layer 2 .*input \(192,\) is a vector; put it before 'flatten'"),
    (SpecError, "3x8x8 flatten gap", r"input \(192,\) is a vector"),
    (SpecError, "3x8x8 2*(relu", r"'\(' at character 9 is never closed"),
    (SpecError, "3x8x8 relu)", r"'\)' at character 11 closes no bracket"),
    (SpecError, "3x8x8 ()", "the brackets at character 7 have nothing in them"),
    (SpecError, "3x8x8 0*relu", r"'0\*' at character 7 must repeat something, at least once"),
    (SpecError, "3x8x8 2* relu", "must repeat something"),
    (SpecError, "3x8x8 (relu 2*)", "must repeat something"),
    (SpecError, "3x8x8 2*3*relu", "must repeat something"),
    (SpecError, "3x8x8 999999999*relu", "^layer 1001 'relu' .*at most 1000 layers"),
    (SpecError, "3x8x8 " + "(" * 30, "more than 20 deep"),
    (UnknownNameError, "3x8x8 convv:4,k3", "unknown layer 'convv'; did you mean 'conv'"),
    (UnknownNameError, "3x8x8 conv:4,k3,refect", "unknown option 'refect'; did you mean 'reflect'"),
    (UnknownNameError, "3x8x8 conv:4,,k3", "unknown option ''"),
    (UnknownNameError, "3x8x8 max:3,sme", "did you mean 'same'"),
]


@pytest.mark.parametrize(("kind", "text", "message"), MISTAKES, ids=[text[:40] for _, text, _ in MISTAKES])
def test_mistakes(kind: type[ConvolensError], text: str, message: str) -> None:
    """Each is one error on one line that names the layer, its place and the shape that it was given."""
    with pytest.raises(ConvolensError, match=message) as caught:
        parse_stack(text)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


@given(
    st.text(alphabet="123x×*(): ,+-kspdgconvmaxrelu", max_size=40), st.sampled_from(["", "3x8x8 ", "3x8x8 conv:"])
)
@settings(max_examples=200)
def test_any_text_is_a_stack_or_an_error(text: str, start: str) -> None:
    """Whatever is typed, nothing else than a ConvolensError comes up."""
    try:
        stack = parse_stack(start + text)
    except ConvolensError:
        return
    assert all(n > 0 for n in stack.output_shape)
