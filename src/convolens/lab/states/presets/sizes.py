"""The worked examples of the sizes."""

from convolens.lab.states.sizes import Sizes

_VGG = (
    "3x224x224 2*(conv:64,k3,p1 relu) max:2 2*(conv:128,k3,p1 relu) max:2 3*(conv:256,k3,p1 relu) max:2 "
    "2*(3*(conv:512,k3,p1 relu) max:2) flatten 2*(dense:4096 relu) dense:1000"
)
_ALEXNET = (
    "3x224x224 conv:64,k11,s4,p2 relu max:3,s2 conv:192,k5,p2 relu max:3,s2 conv:384,k3,p1 relu "
    "conv:256,k3,p1 relu conv:256,k3,p1 relu max:3,s2 flatten 2*(dense:4096 relu) dense:1000"
)

SIZES: dict[str, Sizes] = {
    "lenet": Sizes(),
    "stem": Sizes(stack="3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1", layer=3, picture="cat"),
    "vgg": Sizes(stack=_VGG, layer=18, picture="cat"),
    "alexnet": Sizes(stack=_ALEXNET, layer=13, picture="cat"),
    "shrinking": Sizes(stack="1x7x7 3*conv:1,k3", layer=3, picture="none"),
    "keeping": Sizes(stack="1x7x7 3*conv:1,k3,same", layer=3, picture="none"),
    "three-small": Sizes(stack="1x15x15 3*conv:1,k3,p1,nobias", layer=3, picture="none"),
    "one-large": Sizes(stack="1x15x15 conv:1,k7,p3,nobias", layer=1, picture="none"),
    "dilated": Sizes(
        stack="1x31x31 conv:1,k3,same conv:1,k3,d2,same conv:1,k3,d4,same conv:1,k3,d8,same",
        layer=4,
        picture="none",
    ),
    "gridding": Sizes(stack="1x31x31 3*conv:1,k3,d4,same", layer=3, picture="none"),
    "separable": Sizes(stack="32x112x112 dw:k3,p1 bn relu conv:64,k1 bn relu", layer=4, picture="none"),
    "there-and-back": Sizes(
        stack="1x28x28 conv:16,k3,s2,p1 relu conv:32,k3,s2,p1 relu deconv:16,k4,s2,p1 relu deconv:1,k4,s2,p1",
        layer=7,
    ),
    "signal": Sizes(stack="1x64 conv:8,k5,s2,p2 relu max:2 conv:16,k5,p2 relu gap dense:3", layer=4),
    "connected": Sizes(stack="3x224x224 dense:1000,nobias", layer=1, picture="cat"),
    "impossible": Sizes(stack="3x8x8 conv:16,k3 conv:32,k7 relu flatten dense:10", layer=2, picture="none"),
}
