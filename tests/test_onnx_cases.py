"""ONNX's own backend node tests of convolution and pooling, generated from the ``onnx`` package."""

from importlib import import_module

import numpy as np
import onnx
import pytest

import convolens as cl

MODULES = (
    "averagepool",
    "causal_conv_with_state",
    "col2im",
    "conv",
    "convinteger",
    "convtranspose",
    "deformconv",
    "globalaveragepool",
    "globalmaxpool",
    "lppool",
    "maxpool",
    "maxunpool",
    "qlinearconv",
)
AUTO_PAD = {"SAME_UPPER": "same", "SAME_LOWER": "same-lower", "VALID": "valid"}


def window_options(attributes, dims):
    """Turn ONNX's strides, dilations, pads and auto_pad into stride, dilation and padding."""
    pads = attributes.get("pads", [0] * 2 * dims)
    padding = AUTO_PAD.get(attributes.get("auto_pad"), tuple(zip(pads[:dims], pads[dims:], strict=True)))
    ones = (1,) * dims
    return {
        "stride": tuple(attributes.get("strides", ones)),
        "dilation": tuple(attributes.get("dilations", ones)),
        "padding": padding,
    }


def per_kernel(numbers, dims):
    """Give one number a kernel the axes of the weight; leave a single number alone."""
    return numbers.reshape(-1, *(1,) * (dims + 1)) if numbers.ndim else numbers


def conv(attributes, x, weight, bias=None):
    """Conv."""
    dims = x.ndim - 2
    operation = getattr(cl, f"conv{dims}d")
    return operation(x, weight, bias, groups=attributes.get("group", 1), **window_options(attributes, dims))


def conv_integer(attributes, x, weight, x_zero=0, weight_zero=0):
    """ConvInteger: both zero points are taken off first; what lies outside counts 0 then."""
    weight = weight.astype(np.int32) - per_kernel(np.asarray(weight_zero, np.int32), x.ndim - 2)
    return conv(attributes, x.astype(np.int32) - x_zero, weight).astype(np.int32)


def qlinear_conv(attributes, x, x_scale, x_zero, weight, weight_scale, weight_zero, y_scale, y_zero, bias=None):
    """QLinearConv: an integer convolution, scaled, rounded to even and saturated."""
    sums = conv_integer(attributes, x, weight, x_zero, weight_zero)
    if bias is not None:
        sums = sums + bias.reshape(-1, *(1,) * (x.ndim - 2))
    scale = x_scale * weight_scale.reshape(-1, *(1,) * (x.ndim - 2)) / y_scale
    limits = np.iinfo(y_zero.dtype)
    return np.clip(np.rint(sums * scale) + y_zero, limits.min, limits.max).astype(y_zero.dtype)


def conv_transpose(attributes, x, weight, bias=None):
    """ConvTranspose; ``output_shape`` sets the pads, and what these cannot give is output padding."""
    dims = x.ndim - 2
    options = window_options(attributes, dims)
    extra = attributes.get("output_padding", [0] * dims)
    if "output_shape" in attributes:
        wanted = attributes["output_shape"]
        totals = [
            s * (n - 1) + d * (k - 1) + 1 + q - size
            for s, n, d, k, q, size in zip(
                options["stride"], x.shape[2:], options["dilation"], weight.shape[2:], extra, wanted, strict=True
            )
        ]
        extra = [q + max(-total, 0) for q, total in zip(extra, totals, strict=True)]
        halves = [(max(total, 0) // 2, (max(total, 0) + 1) // 2) for total in totals]
        upper = attributes.get("auto_pad") == "SAME_UPPER"
        options["padding"] = tuple(half if upper else half[::-1] for half in halves)
    operation = getattr(cl, f"conv_transpose{dims}d")
    groups = attributes.get("group", 1)
    return operation(x, weight, bias, output_padding=tuple(extra), groups=groups, **options)


def deform_conv(attributes, x, weight, offset, bias=None, mask=None):
    """DeformConv."""
    groups = attributes.get("group", 1)
    return cl.deform_conv2d(x, offset, weight, bias, mask=mask, groups=groups, **window_options(attributes, 2))


def causal_conv(attributes, x, weight, bias=None, past=None):
    """CausalConvWithState: depthwise, with the end of the sequence so far in front, which is handed on."""
    state = weight.shape[2] - 1
    past = np.zeros((*x.shape[:2], state), x.dtype) if past is None else past
    sequence = np.concatenate([past, x], axis=2)
    activation = {"none": None, "swish": "silu"}.get(
        attributes.get("activation", "none"), attributes.get("activation")
    )
    y = cl.conv1d(sequence, weight, bias, groups=x.shape[1], activation=activation)
    return y, sequence[:, :, sequence.shape[2] - state :]


def pool(name, attributes, x, **options):
    """Run the pooling of this name in the image's dimensions."""
    dims = x.ndim - 2
    options |= window_options(attributes, dims)
    window = tuple(attributes["kernel_shape"])
    return getattr(cl, f"{name}{dims}d")(x, window, ceil_mode=bool(attributes.get("ceil_mode")), **options)


def max_pool(attributes, x):
    """MaxPool; its indices count through the whole tensor, ours through each plane."""
    maxima, indices = pool("max_pool", attributes, x, return_indices=True)
    size = x.shape[2:]
    if attributes.get("storage_order"):
        indices = np.ravel_multi_index(np.unravel_index(indices, size)[::-1], size[::-1])
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *(1,) * len(size))
    return maxima, planes * np.prod(size) + indices


def average_pool(attributes, x):
    """AveragePool; unlike ours it leaves the pads out of the count by default."""
    return pool("avg_pool", attributes, x, count_include_pad=bool(attributes.get("count_include_pad")))


def lp_pool(attributes, x):
    """LpPool."""
    return pool("lp_pool", attributes, x, p=attributes.get("p", 2))


def max_unpool(attributes, x, indices, output_shape=None):
    """MaxUnpool; the indices are those of the least size, and a larger ``output_shape`` gets zeros at the end."""
    options = window_options(attributes, x.ndim - 2)
    size = [
        s * (n - 1) + d * (k - 1) + 1 - sum(p)
        for s, n, d, k, p in zip(
            options["stride"],
            x.shape[2:],
            options["dilation"],
            attributes["kernel_shape"],
            options["padding"],
            strict=True,
        )
    ]
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *(1,) * len(size))
    unpool = getattr(cl, f"max_unpool{x.ndim - 2}d")
    unpooled = unpool(x, indices - planes * np.prod(size), tuple(size))
    if output_shape is None:
        return unpooled
    return np.pad(unpooled, [(0, w - n) for n, w in zip(unpooled.shape, output_shape, strict=True)])


def col2im(attributes, columns, image_shape, block_shape):
    """Col2Im."""
    image, block = tuple(image_shape.tolist()), tuple(block_shape.tolist())
    return cl.fold(columns, image, block, **window_options(attributes, len(image)))


OPERATORS = {
    "AveragePool": average_pool,
    "CausalConvWithState": causal_conv,
    "Col2Im": col2im,
    "Conv": conv,
    "ConvInteger": conv_integer,
    "ConvTranspose": conv_transpose,
    "DeformConv": deform_conv,
    "GlobalAveragePool": lambda _, x: cl.global_avg_pool(x),
    "GlobalMaxPool": lambda _, x: cl.global_max_pool(x),
    "LpPool": lp_pool,
    "MaxPool": max_pool,
    "MaxUnpool": max_unpool,
    "QLinearConv": qlinear_conv,
}


def collect():
    """
    Generate the cases of the operators above.

    Models of several nodes are left out: they spell an operator out as others, with the same data.
    """
    for module in MODULES:
        import_module(f"onnx.backend.test.case.node.{module}")
    cases = import_module("onnx.backend.test.case.node")._NodeTestCases
    single = (case for case in cases if len(case.model.graph.node) == 1)
    return [case for case in single if case.model.graph.node[0].op_type in OPERATORS]


CASES = collect()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_backend_node(case):
    """The operator gives every output that ONNX expects, in value, shape and dtype."""
    node = case.model.graph.node[0]
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    attributes = {name: v.decode() if isinstance(v, bytes) else v for name, v in attributes.items()}
    for inputs, outputs in case.data_sets:
        given = iter(inputs)
        arguments = [next(given) if name else None for name in node.input]
        results = OPERATORS[node.op_type](attributes, *arguments)
        results = results if isinstance(results, tuple) else (results,)
        for result, expected in zip(results[: len(outputs)], outputs, strict=True):
            assert result.dtype == expected.dtype
            assert result.shape == expected.shape
            np.testing.assert_allclose(result, expected, rtol=case.rtol, atol=case.atol)


def test_every_operator_has_cases():
    """None of the operators has gone missing from the package."""
    assert {case.model.graph.node[0].op_type for case in CASES} == set(OPERATORS)
