"""The cases: layers of well-known networks, signals, volumes and photographs, by group."""

from benchmarks.case import Case, Operation
from benchmarks.filters import Filter


def layer(
    name: str, group: str, channels: int, kernels: int, k: int, *sizes: int, batch: int = 1, s: int = 1,
    d: int = 1, groups: int = 1, last: bool = True, dtype: str = "float32", padding: int | None = None,
    operation: Operation = "conv", offset_groups: int = 1,
) -> Case:  # fmt: skip
    """Return a layer with k taps along every axis, padded so that stride 1 keeps the size."""
    dims = len(sizes)
    pairs = (channels, kernels // groups) if operation == "transposed" else (kernels, channels // groups)
    return Case(
        name=name,
        group=group,
        operation=operation,
        shape=(batch, channels, *sizes),
        weight=(*pairs, *(k,) * dims),
        stride=s,
        padding=d * (k - 1) // 2 if padding is None else padding,
        dilation=d,
        groups=groups,
        channels_last=last,
        dtype=dtype,
        offset_groups=offset_groups,
    )


def photograph(megapixels: int, dtype: str, colour: str, chosen: Filter) -> Case:
    """Return an image of that size under a filter."""
    size = {1: (1024, 1024), 12: (3000, 4000), 33: (4704, 7056)}[megapixels]
    shape = size if colour == "grey" else (*size, 3)
    label = f"{chosen.kind}-{chosen.number:g}" if chosen.kind in ("gaussian", "box", "dense") else chosen.kind
    name = f"{label}-{megapixels}mp-{dtype}-{colour}"
    return Case(name, "images", "filter", shape, (chosen.side,) * 2, dtype=dtype, filter=chosen)


def pooling(
    name: str,
    operation: Operation,
    channels: int,
    size: int,
    window: int,
    stride: int,
    padding: int,
    *,
    last: bool,
) -> Case:
    """Return a pooling of square images, in one of the layouts."""
    return layer(
        f"{name}-{'nhwc' if last else 'nchw'}", "pooling", channels, channels, window, size, size, s=stride,
        groups=channels, last=last, padding=padding, operation=operation,
    )  # fmt: skip


def network(name: str, batch: int, *shape: int, width: int = 64) -> Case:
    """Return a whole network that begins with so many channels."""
    label = name if batch == 1 else f"{name}-b{batch}"
    return Case(label, "networks", "network", (batch, *shape), (width,), network=name)


# 3×3, stride 1: the layers where networks of the VGG and ResNet kind spend their time.
PLAIN = (
    ("vgg16-conv1.2", 64, 64, 224),
    ("vgg16-conv2.2", 128, 128, 112),
    ("vgg16-conv3.2", 256, 256, 56),
    ("vgg16-conv4.1", 256, 512, 28),
    ("resnet-conv2", 64, 64, 56),
    ("resnet-conv3", 128, 128, 28),
    ("unet-up3", 256, 128, 64),
    ("unet-up1", 128, 64, 256),
    ("yolo-160", 32, 32, 160),
    ("yolo-80", 64, 64, 80),
)
SMALL = (
    ("vgg16-conv5", 512, 512, 14),
    ("resnet-conv4", 256, 256, 14),
    ("resnet-conv5", 512, 512, 7),
    ("yolo-20", 256, 256, 20),
)

POOLS: tuple[tuple[str, Operation, int, int, int, int, int], ...] = (
    ("resnet-max3", "max-pool", 64, 112, 3, 2, 1),
    ("vgg16-max2", "max-pool", 64, 224, 2, 2, 0),
    ("vgg16-max2-late", "max-pool", 512, 28, 2, 2, 0),
    ("sppf-max5", "max-pool", 256, 20, 5, 1, 2),
    ("densenet-avg2", "avg-pool", 256, 56, 2, 2, 0),
    ("inception-avg3", "avg-pool", 192, 35, 3, 1, 1),
    ("resnet50-global", "avg-pool", 2048, 7, 7, 1, 0),
    ("vgg16-global", "avg-pool", 512, 14, 14, 1, 0),
    ("mobilenetv2-global", "avg-pool", 1280, 7, 7, 1, 0),
)

BLUR, WIDE_BLUR, BOX, WIDE_BOX = Filter("gaussian", 1), Filter("gaussian", 10), Filter("box", 5), Filter("box", 31)
SHARPEN, SOBEL, EDGES = Filter("sharpen"), Filter("sobel-x"), Filter("sobel-magnitude")

CASES = (
    *(layer(f"{n}-nhwc", "3x3-nhwc", c, k, 3, h, h) for n, c, k, h in PLAIN),
    *(layer(f"{n}-nchw", "3x3-nchw", c, k, 3, h, h, last=False) for n, c, k, h in PLAIN),
    *(layer(f"{n}-b1", "3x3-small", c, k, 3, h, h) for n, c, k, h in SMALL),
    *(layer(f"{n}-b8", "3x3-small-batch", c, k, 3, h, h, batch=8) for n, c, k, h in SMALL),
    # The matrix products of bottlenecks (ResNet-50), expansions (MobileNetV2, EfficientNet-B0) and ConvNeXt.
    layer("resnet50-reduce", "pointwise", 256, 64, 1, 56, 56),
    layer("resnet50-expand", "pointwise", 64, 256, 1, 56, 56),
    layer("resnet50-conv5", "pointwise", 2048, 512, 1, 7, 7),
    layer("mobilenetv2-expand", "pointwise", 24, 144, 1, 56, 56),
    layer("mobilenetv2-project", "pointwise", 144, 24, 1, 56, 56),
    layer("efficientnet-head", "pointwise", 320, 1280, 1, 7, 7),
    layer("convnext-mlp-nchw", "pointwise", 96, 384, 1, 56, 56, last=False),
    # Down by two.
    layer("resnet50-down3", "strided", 128, 128, 3, 56, 56, s=2),
    layer("resnet50-down5", "strided", 512, 512, 3, 14, 14, s=2),
    layer("yolo-down-nchw", "strided", 64, 128, 3, 160, 160, s=2, last=False),
    layer("resnet-7x7-wide", "strided", 32, 64, 7, 112, 112, s=2),
    # Inception's and AlexNet's five.
    layer("alexnet-conv2", "5x5", 64, 192, 5, 27, 27),
    layer("inception-5x5", "5x5", 32, 96, 5, 28, 28),
    layer("unet-5x5-nchw", "5x5", 32, 32, 5, 128, 128, last=False),
    # Atrous layers of DeepLab.
    layer("deeplab-d2", "dilated", 256, 256, 3, 28, 28, d=2),
    layer("deeplab-d4", "dilated", 512, 512, 3, 28, 28, d=4),
    layer("deeplab-d12", "dilated", 256, 64, 3, 33, 33, d=12),
    # First layers read 1 to 4 channels; ConvNeXt's patches do not overlap.
    layer("vgg16-conv1.1-nchw", "first", 3, 64, 3, 224, 224, last=False),
    layer("resnet-conv1", "first", 3, 64, 7, 224, 224, s=2),
    layer("resnet-conv1-nchw", "first", 3, 64, 7, 224, 224, s=2, last=False),
    layer("mobilenetv2-conv1", "first", 3, 32, 3, 224, 224, s=2),
    layer("convnext-stem", "first", 3, 96, 4, 224, 224, s=4, padding=0),
    layer("unet-grey", "first", 1, 64, 3, 256, 256),
    layer("yolo-rgba", "first", 4, 16, 3, 320, 320, s=2),
    # One kernel a channel: MobileNetV2 (3), EfficientNet-B0 (5), ConvNeXt (7), RepLKNet (31); ResNeXt in groups.
    layer("mobilenetv2-dw112", "depthwise", 32, 32, 3, 112, 112, groups=32),
    layer("mobilenetv2-dw56-s2", "depthwise", 144, 144, 3, 56, 56, s=2, groups=144),
    layer("mobilenetv2-dw14", "depthwise", 576, 576, 3, 14, 14, groups=576),
    layer("mobilenetv2-dw14-nchw", "depthwise", 576, 576, 3, 14, 14, groups=576, last=False),
    layer("efficientnet-dw28", "depthwise", 240, 240, 5, 28, 28, groups=240),
    layer("efficientnet-dw7", "depthwise", 1152, 1152, 5, 7, 7, groups=1152),
    layer("convnext-dw56", "depthwise", 96, 96, 7, 56, 56, groups=96),
    layer("convnext-dw56-nchw", "depthwise", 96, 96, 7, 56, 56, groups=96, last=False),
    layer("replknet-dw56", "depthwise", 128, 128, 31, 56, 56, groups=128),
    layer("replknet-dw28-nchw", "depthwise", 256, 256, 31, 28, 28, groups=256, last=False),
    layer("resnext-32x4d", "depthwise", 128, 128, 3, 56, 56, groups=32),
    # Upsampling: U-Net (2), DCGAN (4), FCN (bilinear, depthwise), vocoders (16).
    layer("unet-up2", "transposed", 256, 128, 2, 56, 56, s=2, padding=0, operation="transposed"),
    layer("dcgan-16", "transposed", 256, 128, 4, 16, 16, s=2, padding=1, operation="transposed"),
    layer("dcgan-64-nchw", "transposed", 64, 32, 4, 64, 64, s=2, padding=1, last=False, operation="transposed"),
    layer("fcn-bilinear", "transposed", 21, 21, 4, 64, 64, s=2, padding=1, groups=21, operation="transposed"),
    layer("vocoder-up8", "transposed", 128, 64, 16, 800, s=8, padding=4, last=False, operation="transposed"),
    # Volumes: video (C3D), medicine (3-D U-Net), depthwise.
    layer("c3d-conv2", "conv3d", 64, 64, 3, 8, 56, 56),
    layer("unet3d-level1", "conv3d", 32, 32, 3, 48, 48, 48),
    layer("unet3d-level1-ncdhw", "conv3d", 32, 32, 3, 48, 48, 48, last=False),
    layer("unet3d-down", "conv3d", 32, 64, 3, 48, 48, 48, s=2),
    layer("x3d-dw", "conv3d", 54, 54, 3, 13, 40, 40, groups=54),
    # Sequences and sound.
    layer("wavenet-3", "conv1d-short", 64, 64, 3, 16000, last=False),
    layer("whisper-3", "conv1d-short", 384, 384, 3, 3000, last=False),
    layer("tcn-5", "conv1d-short", 128, 128, 5, 4096, last=True),
    layer("speech-9", "conv1d-short", 80, 128, 9, 2000, last=False),
    layer("conformer-dw9", "conv1d-short", 256, 256, 9, 2000, groups=256),
    layer("hyena-255", "conv1d-long", 64, 64, 255, 16384, groups=64, last=False),
    layer("filterbank-511", "conv1d-long", 1, 64, 511, 65536, last=False),
    layer("mix-1024", "conv1d-long", 16, 16, 1024, 16384, padding=512, last=False),
    layer("reverb-4096", "conv1d-long", 1, 1, 4096, 1_000_000, padding=2048, last=False),
    # Photographs.
    *(photograph(1, t, "grey", f) for t in ("uint8", "float32") for f in (BLUR, BOX, SHARPEN, SOBEL, EDGES)),
    photograph(1, "uint16", "grey", BLUR),
    photograph(1, "uint8", "rgb", SHARPEN),
    photograph(1, "float32", "grey", Filter("dense", 15)),
    photograph(12, "uint8", "rgb", BLUR),
    *(
        photograph(megapixels, *kind, Filter("gaussian", sigma))
        for megapixels in (1, 12)
        for kind in (("uint8", "rgb"), ("float32", "grey"))
        for sigma in (5, 10, 20, 40)
    ),
    photograph(12, "uint16", "rgb", WIDE_BOX),
    photograph(12, "uint8", "grey", EDGES),
    photograph(12, "uint16", "grey", Filter("dense", 5)),
    photograph(12, "float32", "rgb", BLUR),
    photograph(33, "uint8", "rgb", BLUR),
    photograph(33, "uint8", "grey", WIDE_BLUR),
    photograph(33, "uint16", "grey", SHARPEN),
    photograph(33, "float32", "grey", WIDE_BOX),
    # One plane under a kernel of hundreds of cells a side.
    *(
        layer(f"{k}x{k}-on-{n}", "large-kernels", 1, 1, k, n, n, last=False)
        for k, n in ((31, 1024), (63, 1024), (127, 1024), (63, 2048), (255, 2048), (511, 4096))
    ),
    # Training.
    *(
        layer(f"{name}-b{n}", "gradients", c, c, 3, h, h, batch=n, operation="gradients")
        for name, c, h, n in (
            ("resnet-conv2", 64, 56, 8),
            ("resnet-conv3", 128, 28, 32),
            ("resnet-conv4", 256, 14, 32),
        )
    ),
    layer("resnet-conv3-nchw-b8", "gradients", 128, 128, 3, 28, 28, batch=8, last=False, operation="gradients"),
    # Stages of a ResNet-50 with deformable convolutions (DCNv2), one offset for all channels or four.
    *(
        layer(f"dcn-{n}-{m}", "deformable", c, c, 3, h, h, last=m == 1, operation="deformable", offset_groups=m)
        for n, c, h in (("conv2", 64, 56), ("conv3", 128, 28), ("conv4", 256, 14))
        for m in (1, 4)
    ),
    # Inference with whole networks.
    *(network(name, 1, 3, 224, 224) for name in ("vgg16", "resnet18", "resnet50", "unet")),
    network("mobilenetv2", 1, 3, 224, 224, width=32),
    *(network("digits", batch, 1, 28, 28, width=16) for batch in (64, 1024)),
    network("cifar-vgg", 64, 3, 32, 32),
    # In float64.
    layer("resnet-conv2-f64", "float64", 64, 64, 3, 56, 56, dtype="float64"),
    layer("resnet-conv3-f64-nchw", "float64", 128, 128, 3, 28, 28, last=False, dtype="float64"),
    layer("resnet50-expand-f64", "float64", 64, 256, 1, 56, 56, dtype="float64"),
    layer("mobilenetv2-dw56-f64", "float64", 144, 144, 3, 56, 56, groups=144, dtype="float64"),
    layer("wavenet-3-f64", "float64", 64, 64, 3, 16000, last=False, dtype="float64"),
    # Pooling: the first of ResNet and between VGG's blocks; Inception's; SPPF's; before a classifier.
    *(pooling(*named, last=last) for last in (True, False) for named in POOLS),
    # Nothing but the call.
    layer("tiny-8x8", "overhead", 1, 1, 3, 8, 8, last=False),
)

BY_NAME = {case.name: case for case in CASES}

FIRST_CALLS = (
    "resnet-conv3-nhwc",
    "resnet50-expand",
    "convnext-dw56",
    "sharpen-1mp-uint8-grey",
    "gaussian-1-1mp-uint8-grey",
)
MEMORY_IMAGES = tuple(case.name for case in CASES if case.operation == "filter")
MEMORY = tuple(
    case.name for case in CASES if case.name not in MEMORY_IMAGES and case.group not in ("overhead", "networks")
)
"""Cases that are run again in fresh processes, for their first call and their memory."""
