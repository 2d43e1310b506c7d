"""The architectures that files from elsewhere commonly hold, in PyTorch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def conv_norm(
    inputs: int,
    outputs: int,
    size: int = 3,
    stride: int = 1,
    groups: int = 1,
    act: Callable[[], nn.Module] | None = None,
) -> nn.Sequential:
    """Convolve, normalise, activate."""
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), *([act()] if act else []))


class Residual(nn.Module):
    """A sum of two branches, and ReLU or nothing."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module, *, activated: bool = True) -> None:
        super().__init__()
        self.branch, self.shortcut, self.activated = branch, shortcut, activated

    def forward(self, x: Tensor) -> Tensor:
        """Add, and cut what is below 0."""
        total = self.branch(x) + self.shortcut(x)
        return functional.relu(total) if self.activated else total


def resnet(blocks: list[int], expansion: int, width: int = 64, classes: int = 1000) -> nn.Module:
    """ResNet of basic (expansion 1) or bottleneck blocks."""
    layers: list[nn.Module] = [conv_norm(3, width, 7, 2, act=nn.ReLU), nn.MaxPool2d(3, 2, 1)]
    inputs = width
    for stage, count in enumerate(blocks):
        planes = width << stage
        outputs = planes * expansion
        for block in range(count):
            stride = 2 if stage and not block else 1
            if expansion == 1:
                branch = nn.Sequential(
                    conv_norm(inputs, planes, 3, stride, act=nn.ReLU), conv_norm(planes, outputs)
                )
            else:
                branch = nn.Sequential(
                    conv_norm(inputs, planes, 1, act=nn.ReLU),
                    conv_norm(planes, planes, 3, stride, act=nn.ReLU),
                    conv_norm(planes, outputs, 1),
                )
            same = inputs == outputs and stride == 1
            layers.append(Residual(branch, nn.Identity() if same else conv_norm(inputs, outputs, 1, stride)))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


def vgg16(width: int = 64, side: int = 7, hidden: int = 4096, classes: int = 1000) -> nn.Module:
    """VGG-16 without batch normalisation."""
    layers, inputs = list[nn.Module](), 3
    for factor, count in ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(inputs, width * factor, 3, padding=1), nn.ReLU()]
            inputs = width * factor
        layers.append(nn.MaxPool2d(2))
    dense = [
        nn.Linear(inputs * side * side, hidden),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
    ]
    layers += [nn.AdaptiveAvgPool2d(side), nn.Flatten(), *dense, nn.Dropout(), nn.Linear(hidden, classes)]
    return nn.Sequential(*layers)


class Excite(nn.Module):
    """Squeeze and excitation: each channel scaled by what its mean and the others' say."""

    def __init__(self, channels: int, squeezed: int, act: type[nn.Module], gate: type[nn.Module]) -> None:
        super().__init__()
        self.ways = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            act(),
            nn.Conv2d(squeezed, channels, 1),
            gate(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scale."""
        return self.ways(x) * x


def inverted(
    inputs: int, inner: int, outputs: int, size: int, stride: int, act: Any, excite: nn.Module | None = None
) -> nn.Module:
    """MobileNet's block: wide, depthwise, narrow."""
    layers = [conv_norm(inputs, inner, 1, act=act)] if inner != inputs else []
    layers += [conv_norm(inner, inner, size, stride, groups=inner, act=act)]
    layers += ([excite] if excite else []) + [conv_norm(inner, outputs, 1)]
    branch = nn.Sequential(*layers)
    return Residual(branch, nn.Identity(), activated=False) if stride == 1 and inputs == outputs else branch


def mobilenet_v2(classes: int = 1000) -> nn.Module:
    """MobileNetV2 of width 1."""
    settings = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    layers, inputs = [conv_norm(3, 32, 3, 2, act=nn.ReLU6)], 32
    for factor, outputs, count, stride in settings:
        for block in range(count):
            layers.append(inverted(inputs, inputs * factor, outputs, 3, 1 if block else stride, nn.ReLU6))
            inputs = outputs
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, classes)]
    return nn.Sequential(*layers, conv_norm(inputs, 1280, 1, act=nn.ReLU6), *head)


V3_LARGE = (
    (16, 16, 3, 1, 0, 0), (64, 24, 3, 2, 0, 0), (72, 24, 3, 1, 0, 0), (72, 40, 5, 2, 1, 0), (120, 40, 5, 1, 1, 0),
    (120, 40, 5, 1, 1, 0), (240, 80, 3, 2, 0, 1), (200, 80, 3, 1, 0, 1), (184, 80, 3, 1, 0, 1),
    (184, 80, 3, 1, 0, 1), (480, 112, 3, 1, 1, 1), (672, 112, 3, 1, 1, 1), (672, 160, 5, 2, 1, 1),
    (960, 160, 5, 1, 1, 1), (960, 160, 5, 1, 1, 1),
)  # fmt: skip


def mobilenet_v3(classes: int = 1000) -> nn.Module:
    """MobileNetV3, large."""
    layers, inputs = [conv_norm(3, 16, 3, 2, act=nn.Hardswish)], 16
    for inner, outputs, size, stride, excited, swish in V3_LARGE:
        excite = Excite(inner, -(-inner // 32) * 8, nn.ReLU, nn.Hardsigmoid) if excited else None
        layers.append(inverted(inputs, inner, outputs, size, stride, nn.Hardswish if swish else nn.ReLU, excite))
        inputs = outputs
    dense = [nn.Linear(960, 1280), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(1280, classes)]
    return nn.Sequential(
        *layers, conv_norm(160, 960, 1, act=nn.Hardswish), nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dense
    )


def efficientnet_b0(classes: int = 1000) -> nn.Module:
    """EfficientNet-B0."""
    settings = (
        (1, 16, 1, 1, 3),
        (6, 24, 2, 2, 3),
        (6, 40, 2, 2, 5),
        (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5),
    )
    layers, inputs = [conv_norm(3, 32, 3, 2, act=nn.SiLU)], 32
    for factor, outputs, count, stride, size in (*settings, (6, 320, 1, 1, 3)):
        for block in range(count):
            inner = inputs * factor
            excite = Excite(inner, max(1, inputs // 4), nn.SiLU, nn.Sigmoid)
            layers.append(inverted(inputs, inner, outputs, size, 1 if block else stride, nn.SiLU, excite))
            inputs = outputs
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, classes)]
    return nn.Sequential(*layers, conv_norm(inputs, 1280, 1, act=nn.SiLU), *head)


class Permute(nn.Module):
    """Another order of axes."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        """Permute."""
        return x.permute(self.order)


class Scaled(nn.Module):
    """A branch whose channels are scaled, added to its input."""

    def __init__(self, branch: nn.Module, channels: int) -> None:
        super().__init__()
        self.branch, self.scale = branch, nn.Parameter(torch.rand(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Scale and add."""
        return x + self.scale * self.branch(x)


def channel_norm(channels: int) -> nn.Module:
    """Layer normalisation of the channels of each cell, as torchvision's LayerNorm2d."""
    return nn.Sequential(Permute(0, 2, 3, 1), nn.LayerNorm(channels, eps=1e-6), Permute(0, 3, 1, 2))


def convnext(depths: tuple[int, ...] = (3, 3, 9, 3), width: int = 96, classes: int = 1000) -> nn.Module:
    """ConvNeXt; the tiny one by default."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 4), channel_norm(width)]
    for stage, depth in enumerate(depths):
        channels = width << stage
        if stage:
            layers += [channel_norm(channels // 2), nn.Conv2d(channels // 2, channels, 2, 2)]
        for _ in range(depth):
            branch = nn.Sequential(
                nn.Conv2d(channels, channels, 7, padding=3, groups=channels), Permute(0, 2, 3, 1),
                nn.LayerNorm(channels, eps=1e-6), nn.Linear(channels, 4 * channels), nn.GELU(),
                nn.Linear(4 * channels, channels), Permute(0, 3, 1, 2),
            )  # fmt: skip
            layers.append(Scaled(branch, channels))
    last = width << len(depths) - 1
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), channel_norm(last), nn.Flatten(), nn.Linear(last, classes)
    )


class Dense(nn.Module):
    """DenseNet's block: every layer sees all that came before."""

    def __init__(self, inputs: int, count: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(seen), nn.ReLU(), nn.Conv2d(seen, 4 * growth, 1, bias=False),
                nn.BatchNorm2d(4 * growth), nn.ReLU(), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
            )
            for seen in range(inputs, inputs + count * growth, growth)
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Join all."""
        found = [x]
        for layer in self.layers:
            found.append(layer(torch.cat(found, 1)))
        return torch.cat(found, 1)


def densenet(blocks: tuple[int, ...] = (6, 12, 24, 16), growth: int = 32, classes: int = 1000) -> nn.Module:
    """DenseNet; 121 by default."""
    channels = 2 * growth
    layers: list[nn.Module] = [conv_norm(3, channels, 7, 2, act=nn.ReLU), nn.MaxPool2d(3, 2, 1)]
    for number, count in enumerate(blocks):
        layers.append(Dense(channels, count, growth))
        channels += count * growth
        if number < len(blocks) - 1:
            halved = nn.Conv2d(channels, channels // 2, 1, bias=False)
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), halved, nn.AvgPool2d(2, 2)]
            channels //= 2
    head = [
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, classes),
    ]
    return nn.Sequential(*layers, *head)


class UNet(nn.Module):
    """U-Net with padding, upsampled by transposed convolution or by interpolation."""

    def __init__(self, width: int = 64, depth: int = 4, classes: int = 2, *, transposed: bool = True) -> None:
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        pairs = zip([3, *widths], widths, strict=False)
        self.down = nn.ModuleList(self.twice(inputs, outputs) for inputs, outputs in pairs)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(2 * w, w, 2, 2)
            if transposed
            else nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(2 * w, w, 1))
            for w in widths[-2::-1]
        )
        self.join = nn.ModuleList(self.twice(2 * w, w) for w in widths[-2::-1])
        self.last = nn.Conv2d(width, classes, 1)

    @staticmethod
    def twice(inputs: int, outputs: int) -> nn.Module:
        """Convolve twice."""
        return nn.Sequential(conv_norm(inputs, outputs, act=nn.ReLU), conv_norm(outputs, outputs, act=nn.ReLU))

    def forward(self, x: Tensor) -> Tensor:
        """Go down, and up again with what was seen on the way."""
        seen = list[Tensor]()
        for number, down in enumerate(self.down):
            x = down(functional.max_pool2d(x, 2) if number else x)
            seen.append(x)
        for up, join, beside in zip(self.up, self.join, seen[-2::-1], strict=True):
            x = join(torch.cat([beside, up(x)], 1))
        return self.last(x)


class Shuffle(nn.Module):
    """Parts of the channels on two ways, then shuffled, with shapes taken from what comes in, as in ShuffleNet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.way = conv_norm(3, 16, 3, 2, act=nn.ReLU), conv_norm(8, 8, groups=8, act=nn.ReLU)
        self.normal, self.last = nn.GroupNorm(4, 16), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Split, convolve, join, shuffle."""
        first, second = self.stem(x).chunk(2, 1)
        x = torch.cat([first, self.way(second)], 1)
        n, c, h, w = x.size()
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.last(self.normal(x).mean([2, 3]).view(n, -1))


FULL: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "resnet-18": (lambda: resnet([2, 2, 2, 2], 1), 224),
    "resnet-50": (lambda: resnet([3, 4, 6, 3], 4), 224),
    "vgg-16": (vgg16, 224),
    "mobilenet-v2": (mobilenet_v2, 224),
    "mobilenet-v3": (mobilenet_v3, 224),
    "efficientnet-b0": (efficientnet_b0, 224),
    "convnext-tiny": (convnext, 224),
    "densenet-121": (densenet, 224),
    "u-net": (UNet, 224),
}
SMALL: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "resnet-18": (lambda: resnet([2, 2, 2, 2], 1, 16, 10), 64),
    "resnet-50": (lambda: resnet([1, 2, 1, 1], 4, 16, 10), 64),
    "vgg-16": (lambda: vgg16(8, 2, 32, 10), 64),
    "mobilenet-v2": (lambda: mobilenet_v2(10), 64),
    "mobilenet-v3": (lambda: mobilenet_v3(10), 64),
    "efficientnet-b0": (lambda: efficientnet_b0(10), 64),
    "convnext-tiny": (lambda: convnext((1, 1, 2, 1), 16, 10), 64),
    "densenet-121": (lambda: densenet((2, 3, 2), 8, 10), 64),
    "u-net": (lambda: UNet(8, 3), 48),
    "u-net, interpolated": (lambda: UNet(8, 2, transposed=False), 40),
    "shuffle": (Shuffle, 32),
}


def random_model(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """Make a model with weights and statistics drawn, such that values neither grow nor fade."""
    torch.manual_seed(seed)
    model = make()
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.8, 1.5)
    return model.eval()
