"""Which loops: Halide programs, the formula on top and its schedule below, one file each."""
