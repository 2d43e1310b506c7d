// Written by `python -m convolens.lab.typescript`; never by hand.

/** Numbers that JSON has no signs for travel as texts. */
export type AnyNumber = number | "nan" | "inf" | "-inf";

export const MOST_SIDE = 64;

export const MOST_CELLS = 4096;

export const paddingNames = ["valid", "same", "same-lower", "full"] as const;
export type PaddingName = (typeof paddingNames)[number];

export const borderNames = ["constant", "edge", "reflect", "symmetric", "wrap"] as const;
export type BorderName = (typeof borderNames)[number];

export const operations = ["correlation", "convolution", "transposed"] as const;
export type Operation = (typeof operations)[number];

/** An array of one to three dimensions, small enough to be shown cell by cell. */
export interface Numbers {
  shape: number[];
  data: AnyNumber[];
}

/** Input, kernel and output of one channel, in one to three dimensions. */
export interface SlidingWindowState {
  exhibit: "sliding-window";
  version: number;
  locked: string[];
  hidden: string[];
  dims: number;
  input: Numbers;
  kernel: Numbers;
  operation: Operation;
  stride: number[];
  dilation: number[];
  output_padding: number[];
  padding: PaddingName | [number, number][];
  border: BorderName;
  border_value: AnyNumber;
  cell: number[] | null;
  side: "output" | "input";
  pinned: boolean;
  covered: boolean;
  reached: number[] | null;
}

/** A photograph, and what a kernel or an edge filter makes of it. */
export interface GalleryState {
  exhibit: "gallery";
  version: number;
  locked: string[];
  hidden: string[];
  photograph: string;
  view: "one" | "all";
  measure: "kernel" | "magnitude" | "direction";
  kernel: Numbers | string;
  operator: "sobel" | "scharr" | "prewitt";
  channels: "each" | "luminance";
  display: "clip" | "signed" | "absolute";
  gain: number;
  flip: boolean;
  border: BorderName;
  divider: number;
  pixel: [number, number] | null;
  channel: number;
}

/** An image of several channels, kernels that see all of them or a group, and a map for each kernel. */
export interface ChannelsState {
  exhibit: "channels";
  version: number;
  locked: string[];
  hidden: string[];
  input: Numbers;
  weight: Numbers;
  groups: number;
  bias: AnyNumber[] | null;
  padding: "valid" | "same";
  cell: number[] | null;
  pinned: boolean;
}

/** A stack of layers in words, the layer that is looked into, and the cell whose field is traced. */
export interface SizesState {
  exhibit: "sizes";
  version: number;
  locked: string[];
  hidden: string[];
  stack: string;
  dtype: "float16" | "float32" | "float64";
  layer: number;
  cell: number[] | null;
  picture: "digit" | "cat" | "shapes" | "rings" | "own" | "none";
}

/** One channel, what pooling makes of it, and what becomes of that when the input is shifted. */
export interface PoolingState {
  exhibit: "pooling";
  version: number;
  locked: string[];
  hidden: string[];
  view: "windows" | "shifts";
  dims: number;
  input: Numbers;
  kind: "max" | "average" | "lp";
  p: AnyNumber;
  windows: "sliding" | "global" | "adaptive";
  window: number[];
  stride: number[] | null;
  dilation: number[];
  padding: PaddingName | [number, number][];
  ceil_mode: boolean;
  border: "none" | "constant" | "edge" | "reflect" | "symmetric" | "wrap";
  border_value: AnyNumber;
  count_include_pad: boolean;
  output_size: number[];
  cell: number[] | null;
  pinned: boolean;
  covered: boolean;
  shift: number[];
  entering: "zeros" | "wrap";
  feature: "none" | "sobel-x" | "sobel-y";
  method: "subsample" | "max" | "average" | "blur" | "max-blur";
  measure: "distance" | "changed" | "moved";
  along: number;
}

/** A picture with every border around it, in one or two dimensions, under one kernel. */
export interface BordersState {
  exhibit: "borders";
  version: number;
  locked: string[];
  hidden: string[];
  dims: number;
  input: Numbers;
  kernel: Numbers;
  pad: number[];
  border_value: AnyNumber;
  cell: number[] | null;
  side: "padded" | "output";
}

/** A convolution by its sizes alone; zeros of half the kernel, rounded down, are around it. */
export interface Layer {
  channels: number;
  kernels: number;
  rows: number;
  columns: number;
  size: number;
  stride: number;
}

/** One convolution, small enough that its matrix can be drawn, and the size of a layer whose work is counted. */
export interface MatrixViewState {
  exhibit: "matrix-view";
  version: number;
  locked: string[];
  hidden: string[];
  view: "toeplitz" | "im2col" | "winograd" | "fft";
  input: Numbers;
  weight: Numbers;
  operation: "correlation" | "convolution";
  stride: number;
  dilation: number;
  padding: "valid" | "same" | "full";
  border: BorderName;
  transposed: boolean;
  side: "output" | "input" | "kernel" | "matrix" | "columns";
  cell: number[] | null;
  pinned: boolean;
  layer: Layer | null;
}

/** One convolution with the gradients of a loss, and a kernel that goes down the loss until it is the target. */
export interface BackwardsState {
  exhibit: "backwards";
  version: number;
  locked: string[];
  hidden: string[];
  part: "layer" | "descent";
  dims: number;
  input: Numbers;
  kernel: Numbers;
  bias: AnyNumber;
  grad: Numbers;
  stride: number[];
  dilation: number[];
  pad: number[];
  side: "input" | "kernel" | "bias";
  cell: number[] | null;
  pinned: boolean;
  picture: Numbers;
  target: Numbers;
  start: Numbers;
  rate: AnyNumber;
  momentum: AnyNumber;
  steps: number;
  step: number;
}

/** A signal, a kernel, and what one makes of the other. */
export interface SignalsState {
  exhibit: "signals";
  version: number;
  locked: string[];
  hidden: string[];
  signal: number[] | string;
  kernel: number[] | string;
  rate: number | null;
  operation: "convolution" | "correlation";
  mode: "full" | "same" | "valid";
  step: number | null;
  span: number[] | null;
  fit: boolean;
  decibels: boolean;
  part: "all" | "tenth" | "hundredth";
}

export const slidingWindowControls: string[] = [
  "preset",
  "dims",
  "operation",
  "size",
  "stride",
  "dilation",
  "padding",
  "border",
  "input",
  "kernel",
  "player",
  "covered",
  "code",
  "export",
  "link",
  "undo",
];

export const slidingWindowDefaults: SlidingWindowState = {
  "exhibit": "sliding-window",
  "version": 1,
  "locked": [],
  "hidden": [],
  "dims": 2,
  "input": {
    "shape": [5, 5],
    "data": [
      10, 20, 30, 40, 50, 20, 40, 60, 80, 100, 30, 60, 90, 120, 150, 40, 80, 120, 160, 200, 50, 100, 150,
      200, 250,
    ],
  },
  "kernel": {"shape": [3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
  "operation": "correlation",
  "stride": [1, 1],
  "dilation": [1, 1],
  "output_padding": [0, 0],
  "padding": "valid",
  "border": "constant",
  "border_value": 0,
  "cell": null,
  "side": "output",
  "pinned": false,
  "covered": false,
  "reached": null,
};

export const slidingWindowPresets: Record<string, Partial<SlidingWindowState>> = {
  "ramp": {},
  "edge": {
    "input": {"shape": [3, 3], "data": [0, 0, 0, 17, 17, 17, 255, 255, 255]},
    "kernel": {"shape": [3, 3], "data": [-1, -1, -1, 0, 0, 0, 1, 1, 1]},
  },
  "one-window": {"input": {"shape": [3, 3], "data": [1, 2, 0, 0, 1, 2, 2, 0, 1]}},
  "vertical-edge": {
    "input": {"shape": [3, 5], "data": [1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0]},
    "kernel": {"shape": [3, 3], "data": [1, 0, -1, 1, 0, -1, 1, 0, -1]},
  },
  "signal": {
    "dims": 1,
    "input": {"shape": [5], "data": [1, 2, 3, 4, 5]},
    "kernel": {"shape": [3], "data": [1, 0, -1]},
    "stride": [1],
    "dilation": [1],
    "output_padding": [0],
  },
  "signal-convolution": {
    "dims": 1,
    "input": {"shape": [5], "data": [1, 2, 3, 4, 5]},
    "kernel": {"shape": [3], "data": [1, 0, -1]},
    "operation": "convolution",
    "stride": [1],
    "dilation": [1],
    "output_padding": [0],
  },
  "same-size": {
    "input": {
      "shape": [7, 7],
      "data": [
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [1, 1, 1, 1, 1, 1, 1, 1, 1]},
    "padding": "same",
  },
  "stride": {
    "input": {
      "shape": [7, 7],
      "data": [
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [1, 1, 1, 1, 1, 1, 1, 1, 1]},
    "stride": [2, 2],
  },
  "dilation": {
    "input": {
      "shape": [7, 7],
      "data": [
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [1, 1, 1, 1, 1, 1, 1, 1, 1]},
    "dilation": [2, 2],
  },
  "borders": {"padding": "same", "border": "reflect"},
  "full-convolution": {
    "input": {"shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]},
    "kernel": {"shape": [2, 2], "data": [1, 0, 2, -1]},
    "operation": "convolution",
    "padding": "full",
  },
  "transposed": {
    "input": {"shape": [2, 2], "data": [1, 2, 3, 4]},
    "kernel": {"shape": [3, 3], "data": [1, 1, 1, 1, 1, 1, 1, 1, 1]},
    "operation": "transposed",
    "stride": [2, 2],
  },
  "volume": {
    "dims": 3,
    "input": {
      "shape": [4, 5, 5],
      "data": [
        0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5,
        6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4,
        5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
      ],
    },
    "kernel": {
      "shape": [2, 3, 3],
      "data": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    },
    "stride": [1, 1, 1],
    "dilation": [1, 1, 1],
    "output_padding": [0, 0, 0],
  },
};

export const galleryControls: string[] = [
  "photograph",
  "view",
  "kernel",
  "numbers",
  "channels",
  "display",
  "border",
  "pixel",
  "response",
  "code",
  "export",
  "link",
  "undo",
];

export const galleryDefaults: GalleryState = {
  "exhibit": "gallery",
  "version": 1,
  "locked": [],
  "hidden": [],
  "photograph": "cat",
  "view": "one",
  "measure": "kernel",
  "kernel": "sobel-x",
  "operator": "sobel",
  "channels": "luminance",
  "display": "signed",
  "gain": 4,
  "flip": false,
  "border": "reflect",
  "divider": 50,
  "pixel": null,
  "channel": 0,
};

export const galleryPresets: Record<string, Partial<GalleryState>> = {
  "edges": {},
  "all": {"view": "all"},
  "blur": {"kernel": "gaussian:sigma=3", "channels": "each", "display": "clip"},
  "sharpen": {"kernel": "unsharp:sigma=2,amount=2", "channels": "each", "display": "clip"},
  "stripes": {"kernel": "gabor:orientation=45,wavelength=8"},
  "rings": {
    "photograph": "rings",
    "kernel": "box:size=9",
    "channels": "each",
    "display": "clip",
  },
  "direction": {"measure": "direction"},
};

export const channelsControls: string[] = [
  "preset",
  "size",
  "groups",
  "bias",
  "padding",
  "input",
  "kernel",
  "code",
  "export",
  "link",
  "undo",
];

export const channelsDefaults: ChannelsState = {
  "exhibit": "channels",
  "version": 1,
  "locked": [],
  "hidden": [],
  "input": {
    "shape": [3, 5, 5],
    "data": [
      1, 1, 1, 8, 8, 1, 1, 1, 8, 8, 1, 1, 1, 8, 8, 1, 1, 1, 8, 8, 1, 1, 1, 8, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6,
      6, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 3, 6, 9, 2, 5, 8, 1, 4, 7, 0, 3, 6, 9, 2, 5, 8, 1,
      4, 7, 0, 3, 6, 9, 2,
    ],
  },
  "weight": {
    "shape": [3, 3, 3],
    "data": [
      -1, 0, 1, -1, 0, 1, -1, 0, 1, 1, 1, 1, 0, 0, 0, -1, -1, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0,
    ],
  },
  "groups": 1,
  "bias": null,
  "padding": "valid",
  "cell": null,
  "pinned": false,
};

export const channelsPresets: Record<string, Partial<ChannelsState>> = {
  "rgb": {},
  "grey": {
    "input": {
      "shape": [3, 3, 5],
      "data": [
        255, 0, 0, 255, 255, 128, 0, 0, 128, 128, 64, 0, 0, 64, 64, 0, 255, 0, 255, 255, 0, 128, 0, 128, 128,
        0, 64, 0, 64, 64, 0, 0, 255, 0, 255, 0, 0, 128, 0, 128, 0, 0, 64, 0, 64,
      ],
    },
    "weight": {"shape": [3, 1, 1], "data": [0.299, 0.587, 0.114]},
  },
  "red-edge": {
    "input": {
      "shape": [3, 5, 6],
      "data": [
        0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9, 5, 5, 5, 5,
        5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3,
        3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
      ],
    },
    "weight": {
      "shape": [3, 3, 3],
      "data": [
        -1, 0, 1, -2, 0, 2, -1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      ],
    },
  },
  "many": {
    "weight": {
      "shape": [12, 3, 3],
      "data": [
        -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3,
        2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0,
        -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2,
        3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0,
      ],
    },
    "bias": [0, 10, -10, 5],
  },
  "full": {
    "input": {
      "shape": [4, 5, 5],
      "data": [
        0, 0, 1, 3, 5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3,
        5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6,
        1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6, 1, 7,
      ],
    },
    "weight": {
      "shape": [16, 3, 3],
      "data": [
        -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3,
        2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0,
        -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2,
        3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1,
        -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2,
      ],
    },
  },
  "groups": {
    "input": {
      "shape": [4, 5, 5],
      "data": [
        0, 0, 1, 3, 5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3,
        5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6,
        1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6, 1, 7,
      ],
    },
    "weight": {
      "shape": [8, 3, 3],
      "data": [
        -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3,
        2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0,
        -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2,
      ],
    },
    "groups": 2,
  },
  "depthwise": {
    "input": {
      "shape": [4, 5, 5],
      "data": [
        0, 0, 1, 3, 5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3,
        5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6,
        1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6, 1, 7,
      ],
    },
    "weight": {
      "shape": [4, 3, 3],
      "data": [
        -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3,
        2, 0, -2, 3, 1, -1, -3,
      ],
    },
    "groups": 4,
  },
  "pointwise": {
    "input": {
      "shape": [4, 5, 5],
      "data": [
        0, 0, 1, 3, 5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3,
        5, 8, 2, 6, 1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6,
        1, 7, 3, 0, 8, 6, 5, 5, 5, 6, 8, 0, 3, 7, 1, 6, 2, 8, 5, 3, 1, 0, 0, 0, 1, 3, 5, 8, 2, 6, 1, 7,
      ],
    },
    "weight": {
      "shape": [16, 1, 1],
      "data": [-3, 2, 0, -2, 3, 1, -1, -3, 2, 0, -2, 3, 1, -1, -3, 2],
    },
  },
};

export const sizesControls: string[] = [
  "preset",
  "text",
  "layers",
  "cell",
  "picture",
  "dtype",
  "worked",
  "connected",
  "code",
  "export",
  "link",
  "undo",
];

export const sizesDefaults: SizesState = {
  "exhibit": "sizes",
  "version": 1,
  "locked": [],
  "hidden": [],
  "stack": "1x32x32 conv:6,k5 tanh avg:2 conv:16,k5 tanh avg:2 flatten dense:120 tanh dense:84 tanh dense:10",
  "dtype": "float32",
  "layer": 6,
  "cell": null,
  "picture": "digit",
};

export const sizesPresets: Record<string, Partial<SizesState>> = {
  "lenet": {},
  "stem": {
    "stack": "3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1",
    "layer": 3,
    "picture": "cat",
  },
  "vgg": {
    "stack": "3x224x224 2*(conv:64,k3,p1 relu) max:2 2*(conv:128,k3,p1 relu) max:2 3*(conv:256,k3,p1 relu) max:2 2*(3*(conv:512,k3,p1 relu) max:2) flatten 2*(dense:4096 relu) dense:1000",
    "layer": 18,
    "picture": "cat",
  },
  "alexnet": {
    "stack": "3x224x224 conv:64,k11,s4,p2 relu max:3,s2 conv:192,k5,p2 relu max:3,s2 conv:384,k3,p1 relu conv:256,k3,p1 relu conv:256,k3,p1 relu max:3,s2 flatten 2*(dense:4096 relu) dense:1000",
    "layer": 13,
    "picture": "cat",
  },
  "shrinking": {"stack": "1x7x7 3*conv:1,k3", "layer": 3, "picture": "none"},
  "keeping": {"stack": "1x7x7 3*conv:1,k3,same", "layer": 3, "picture": "none"},
  "three-small": {"stack": "1x15x15 3*conv:1,k3,p1,nobias", "layer": 3, "picture": "none"},
  "one-large": {"stack": "1x15x15 conv:1,k7,p3,nobias", "layer": 1, "picture": "none"},
  "dilated": {
    "stack": "1x31x31 conv:1,k3,same conv:1,k3,d2,same conv:1,k3,d4,same conv:1,k3,d8,same",
    "layer": 4,
    "picture": "none",
  },
  "gridding": {"stack": "1x31x31 3*conv:1,k3,d4,same", "layer": 3, "picture": "none"},
  "separable": {
    "stack": "32x112x112 dw:k3,p1 bn relu conv:64,k1 bn relu",
    "layer": 4,
    "picture": "none",
  },
  "there-and-back": {
    "stack": "1x28x28 conv:16,k3,s2,p1 relu conv:32,k3,s2,p1 relu deconv:16,k4,s2,p1 relu deconv:1,k4,s2,p1",
    "layer": 7,
  },
  "signal": {
    "stack": "1x64 conv:8,k5,s2,p2 relu max:2 conv:16,k5,p2 relu gap dense:3",
    "layer": 4,
  },
  "connected": {"stack": "3x224x224 dense:1000,nobias", "layer": 1, "picture": "cat"},
  "impossible": {
    "stack": "3x8x8 conv:16,k3 conv:32,k7 relu flatten dense:10",
    "layer": 2,
    "picture": "none",
  },
};

export const poolingControls: string[] = [
  "preset",
  "view",
  "dims",
  "kind",
  "windows",
  "size",
  "stride",
  "dilation",
  "padding",
  "border",
  "input",
  "player",
  "covered",
  "shift",
  "feature",
  "method",
  "measure",
  "code",
  "export",
  "link",
  "undo",
];

export const poolingDefaults: PoolingState = {
  "exhibit": "pooling",
  "version": 1,
  "locked": [],
  "hidden": [],
  "view": "windows",
  "dims": 2,
  "input": {"shape": [4, 4], "data": [1, 3, 2, 4, 5, 6, 1, 2, 7, 2, 9, 1, 0, 1, 4, 8]},
  "kind": "max",
  "p": 2,
  "windows": "sliding",
  "window": [2, 2],
  "stride": null,
  "dilation": [1, 1],
  "padding": "valid",
  "ceil_mode": false,
  "border": "none",
  "border_value": 0,
  "count_include_pad": true,
  "output_size": [2, 2],
  "cell": null,
  "pinned": false,
  "covered": false,
  "shift": [0, 1],
  "entering": "wrap",
  "feature": "none",
  "method": "max",
  "measure": "distance",
  "along": 1,
};

export const poolingPresets: Record<string, Partial<PoolingState>> = {
  "maximum": {},
  "mean": {"kind": "average"},
  "norm": {"input": {"shape": [2, 2], "data": [3, 0, 0, -4]}, "kind": "lp"},
  "overlapping": {
    "input": {
      "shape": [7, 7],
      "data": [
        0, 1, 4, 9, 5, 3, 3, 5, 6, 9, 3, 10, 8, 8, 10, 0, 3, 8, 4, 2, 2, 4, 5, 8, 2, 9, 7, 7, 9, 10, 2, 7, 3,
        1, 1, 3, 4, 7, 1, 8, 6, 6, 8, 9, 1, 6, 2, 0, 0,
      ],
    },
    "window": [3, 3],
    "stride": [2, 2],
  },
  "pads": {
    "dims": 1,
    "input": {"shape": [3], "data": [-4, -2, -6]},
    "window": [3],
    "stride": [1],
    "dilation": [1],
    "padding": [[1, 1]],
    "output_size": [2],
    "shift": [1],
    "along": 0,
  },
  "zeros-outside": {
    "dims": 1,
    "input": {"shape": [3], "data": [-4, -2, -6]},
    "window": [3],
    "stride": [1],
    "dilation": [1],
    "padding": [[1, 1]],
    "border": "constant",
    "output_size": [2],
    "shift": [1],
    "along": 0,
  },
  "mean-pads": {
    "dims": 1,
    "input": {"shape": [3], "data": [-4, -2, -6]},
    "kind": "average",
    "window": [3],
    "stride": [1],
    "dilation": [1],
    "padding": [[1, 1]],
    "output_size": [2],
    "shift": [1],
    "along": 0,
  },
  "mean-inside": {
    "dims": 1,
    "input": {"shape": [3], "data": [-4, -2, -6]},
    "kind": "average",
    "window": [3],
    "stride": [1],
    "dilation": [1],
    "padding": [[1, 1]],
    "count_include_pad": false,
    "output_size": [2],
    "shift": [1],
    "along": 0,
  },
  "ceil": {
    "dims": 1,
    "input": {"shape": [6], "data": [1, 5, 2, 4, 3, 0]},
    "kind": "average",
    "window": [3],
    "stride": [2],
    "dilation": [1],
    "ceil_mode": true,
    "output_size": [2],
    "shift": [1],
    "along": 0,
  },
  "global": {
    "input": {
      "shape": [7, 7],
      "data": [
        0, 1, 4, 9, 5, 3, 3, 5, 6, 9, 3, 10, 8, 8, 10, 0, 3, 8, 4, 2, 2, 4, 5, 8, 2, 9, 7, 7, 9, 10, 2, 7, 3,
        1, 1, 3, 4, 7, 1, 8, 6, 6, 8, 9, 1, 6, 2, 0, 0,
      ],
    },
    "kind": "average",
    "windows": "global",
  },
  "adaptive": {
    "input": {
      "shape": [7, 7],
      "data": [
        0, 1, 4, 9, 5, 3, 3, 5, 6, 9, 3, 10, 8, 8, 10, 0, 3, 8, 4, 2, 2, 4, 5, 8, 2, 9, 7, 7, 9, 10, 2, 7, 3,
        1, 1, 3, 4, 7, 1, 8, 6, 6, 8, 9, 1, 6, 2, 0, 0,
      ],
    },
    "windows": "adaptive",
    "output_size": [2, 3],
  },
  "digit": {
    "view": "shifts",
    "input": {
      "shape": [12, 12],
      "data": [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 8, 8, 8, 8, 8, 2,
        0, 0, 0, 0, 3, 9, 9, 9, 9, 9, 9, 7, 0, 0, 0, 0, 0, 1, 1, 1, 1, 6, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 2, 8,
        9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 6, 9, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 9, 9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 8,
        9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9, 6, 0, 0, 0, 0, 0, 0, 0, 0, 3, 8, 8, 2, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
      ],
    },
    "shift": [0, -1],
  },
  "digit-edges": {
    "view": "shifts",
    "input": {
      "shape": [12, 12],
      "data": [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 8, 8, 8, 8, 8, 2,
        0, 0, 0, 0, 3, 9, 9, 9, 9, 9, 9, 7, 0, 0, 0, 0, 0, 1, 1, 1, 1, 6, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 2, 8,
        9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 6, 9, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 9, 9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 8,
        9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9, 6, 0, 0, 0, 0, 0, 0, 0, 0, 3, 8, 8, 2, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
      ],
    },
    "shift": [0, -1],
    "feature": "sobel-x",
    "measure": "moved",
  },
  "pulses": {
    "view": "shifts",
    "dims": 1,
    "input": {"shape": [8], "data": [0, 0, 1, 1, 0, 0, 1, 1]},
    "window": [2],
    "dilation": [1],
    "output_size": [2],
    "shift": [1],
    "along": 0,
  },
  "pulses-blurred": {
    "view": "shifts",
    "dims": 1,
    "input": {"shape": [8], "data": [0, 0, 1, 1, 0, 0, 1, 1]},
    "window": [2],
    "dilation": [1],
    "output_size": [2],
    "shift": [1],
    "method": "max-blur",
    "along": 0,
  },
  "stripes": {
    "view": "shifts",
    "input": {
      "shape": [6, 8],
      "data": [
        9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0,
        9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0,
      ],
    },
    "method": "subsample",
    "measure": "changed",
  },
};

export const bordersControls: string[] = [
  "preset",
  "dims",
  "size",
  "pad",
  "value",
  "input",
  "kernel",
  "names",
  "code",
  "export",
  "link",
  "undo",
];

export const bordersDefaults: BordersState = {
  "exhibit": "borders",
  "version": 1,
  "locked": [],
  "hidden": [],
  "dims": 2,
  "input": {"shape": [3, 4], "data": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]},
  "kernel": {"shape": [3, 3], "data": [1, 1, 1, 1, 1, 1, 1, 1, 1]},
  "pad": [2, 2],
  "border_value": 0,
  "cell": null,
  "side": "padded",
};

export const bordersPresets: Record<string, Partial<BordersState>> = {
  "count": {},
  "row": {
    "dims": 1,
    "input": {"shape": [4], "data": [1, 2, 3, 4]},
    "kernel": {"shape": [3], "data": [1, 1, 1]},
    "pad": [3],
  },
  "wide": {
    "dims": 1,
    "input": {"shape": [3], "data": [1, 2, 3]},
    "kernel": {"shape": [3], "data": [1, 1, 1]},
    "pad": [7],
  },
  "frame": {
    "input": {
      "shape": [4, 5],
      "data": [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
    },
    "pad": [1, 1],
  },
  "gradient": {
    "input": {
      "shape": [4, 6],
      "data": [
        0, 10, 20, 30, 40, 50, 0, 10, 20, 30, 40, 50, 0, 10, 20, 30, 40, 50, 0, 10, 20, 30, 40, 50,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "pad": [1, 1],
  },
  "picture": {
    "input": {
      "shape": [12, 14],
      "data": [
        1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 5, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1,
        2, 4, 6, 8, 6, 4, 2, 1, 1, 1, 1, 1, 1, 1, 2, 5, 8, 9, 8, 5, 2, 1, 1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 6, 4,
        2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 5, 4, 2, 1, 1, 8, 8, 7, 7, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 8, 8, 7, 7,
        7, 6, 6, 6, 1, 1, 1, 1, 1, 1, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 4, 1, 1, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5,
        5, 4, 4, 4, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 4, 4, 4, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 4, 4, 4,
      ],
    },
    "pad": [5, 5],
  },
  "one-cell": {
    "input": {"shape": [1, 1], "data": [7]},
    "kernel": {"shape": [1, 1], "data": [1]},
  },
};

export const matrixViewControls: string[] = [
  "preset",
  "view",
  "dims",
  "size",
  "stride",
  "dilation",
  "padding",
  "border",
  "operation",
  "transposed",
  "input",
  "kernel",
  "player",
  "layer",
  "times",
  "code",
  "export",
  "link",
  "undo",
];

export const matrixViewDefaults: MatrixViewState = {
  "exhibit": "matrix-view",
  "version": 1,
  "locked": [],
  "hidden": [],
  "view": "toeplitz",
  "input": {
    "shape": [1, 4, 4],
    "data": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  },
  "weight": {"shape": [1, 3, 3], "data": [1, 2, 3, 4, 5, 6, 7, 8, 9]},
  "operation": "correlation",
  "stride": 1,
  "dilation": 1,
  "padding": "valid",
  "border": "constant",
  "transposed": false,
  "side": "output",
  "cell": null,
  "pinned": false,
  "layer": {
    "channels": 64,
    "kernels": 64,
    "rows": 56,
    "columns": 56,
    "size": 3,
    "stride": 1,
  },
};

export const matrixViewPresets: Record<string, Partial<MatrixViewState>> = {
  "sixteen": {},
  "signal": {
    "input": {"shape": [1, 5], "data": [1, 2, 3, 4, 5]},
    "weight": {"shape": [1, 3], "data": [1, 0, -1]},
  },
  "band": {
    "input": {"shape": [1, 8], "data": [0, 0, 4, 8, 4, 0, 0, 2]},
    "weight": {"shape": [1, 3], "data": [1, 2, 1]},
    "padding": "same",
  },
  "circulant": {
    "input": {"shape": [1, 8], "data": [0, 0, 4, 8, 4, 0, 0, 2]},
    "weight": {"shape": [1, 3], "data": [1, 2, 1]},
    "padding": "same",
    "border": "wrap",
  },
  "blocks": {
    "input": {
      "shape": [1, 5, 5],
      "data": [
        0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1,
      ],
    },
    "weight": {"shape": [1, 3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "padding": "same",
  },
  "stride": {
    "input": {
      "shape": [1, 5, 5],
      "data": [
        0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1,
      ],
    },
    "weight": {"shape": [1, 3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "stride": 2,
  },
  "transposed": {
    "input": {
      "shape": [1, 4, 4],
      "data": [1, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0],
    },
    "weight": {"shape": [1, 2, 2], "data": [1, 2, 3, 4]},
    "stride": 2,
    "transposed": true,
  },
  "columns": {"view": "im2col"},
  "channels": {
    "view": "im2col",
    "input": {
      "shape": [2, 3, 3],
      "data": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
    },
    "weight": {
      "shape": [4, 2, 2],
      "data": [-1, 0, 1, 2, 3, -1, 0, 1, 2, 3, -1, 0, 1, 2, 3, -1],
    },
  },
  "tile": {
    "view": "winograd",
    "input": {
      "shape": [1, 4, 4],
      "data": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3],
    },
    "weight": {"shape": [1, 3, 3], "data": [2, 1, 0, 1, 4, 1, 0, 1, 2]},
  },
  "tile-1d": {
    "view": "winograd",
    "input": {"shape": [1, 6], "data": [1, 2, 3, 4, 5, 6]},
    "weight": {"shape": [1, 3], "data": [1, 2, 4]},
    "layer": null,
  },
  "spectra": {
    "view": "fft",
    "input": {"shape": [1, 8], "data": [0, 0, 4, 8, 4, 0, 0, 2]},
    "weight": {"shape": [1, 3], "data": [1, 2, 1]},
    "layer": null,
  },
  "spectra-2d": {
    "view": "fft",
    "input": {
      "shape": [1, 5, 5],
      "data": [
        0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1,
      ],
    },
    "weight": {"shape": [1, 3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "padding": "full",
    "layer": {
      "channels": 1,
      "kernels": 1,
      "rows": 512,
      "columns": 512,
      "size": 31,
      "stride": 1,
    },
  },
};

export const backwardsControls: string[] = [
  "preset",
  "part",
  "dims",
  "size",
  "stride",
  "dilation",
  "padding",
  "input",
  "kernel",
  "bias",
  "grad",
  "picture",
  "target",
  "start",
  "rate",
  "momentum",
  "steps",
  "player",
  "code",
  "export",
  "link",
  "undo",
];

export const backwardsDefaults: BackwardsState = {
  "exhibit": "backwards",
  "version": 1,
  "locked": [],
  "hidden": [],
  "part": "layer",
  "dims": 2,
  "input": {"shape": [3, 3], "data": [1, 2, 0, 0, 1, 2, 2, 0, 1]},
  "kernel": {"shape": [2, 2], "data": [1, 2, 0, -1]},
  "bias": 0,
  "grad": {"shape": [2, 2], "data": [1, -1, 0, 2]},
  "stride": [1, 1],
  "dilation": [1, 1],
  "pad": [0, 0],
  "side": "input",
  "cell": null,
  "pinned": false,
  "picture": {
    "shape": [12, 12],
    "data": [
      0.7, 0.28, 0.02, -0.46, -0.39, -0.92, -0.85, -0.97, -0.65, 0.63, 0.3, 0.83, 0.01, 0.21, 0.95, 0.46,
      0.27, 0.09, 0.12, 0.87, -0.45, 0.63, 0.34, -1.0, -0.21, 0.72, 0.11, -0.94, 0.53, 0.46, 0.7, -0.65,
      -0.83, 0.73, -0.96, 0.08, -0.84, -0.4, -0.04, -0.16, -0.19, -0.95, -0.99, -0.76, -0.99, 0.34, 0.05,
      0.3, -0.49, 0.23, 0.53, -0.23, -0.08, 1.0, 0.61, 0.97, -0.24, 0.37, 0.9, 0.3, 0.68, 0.38, 0.41, -0.22,
      0.75, -0.73, 0.16, 0.45, 0.69, 0.05, -0.25, -0.38, -0.15, -0.03, 0.44, 0.78, -0.86, 0.87, 0.06, -0.29,
      0.35, 0.14, -0.49, -0.36, 0.44, 0.19, 0.01, -0.33, 0.52, -0.22, -0.35, 0.78, -0.47, -0.55, 0.43, 0.25,
      -0.91, -0.84, -0.25, 0.67, -0.2, 0.58, -0.37, -0.52, 0.59, 0.76, -0.85, -0.89, 0.34, -0.33, 0.15, -0.7,
      0.72, -0.1, 0.79, 0.6, 0.41, -0.54, 0.54, -0.9, 0.14, -0.19, 1.0, -0.61, 0.9, -0.82, 0.25, 0.16, 0.8,
      -0.4, 0.81, 0.35, 0.78, -0.6, 0.52, 0.89, -0.91, -0.27, 0.27, -0.79, 0.02, 0.26, 0.53, 0.86,
    ],
  },
  "target": {"shape": [3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
  "start": {"shape": [3, 3], "data": [0, 0, 0, 0, 0, 0, 0, 0, 0]},
  "rate": 0.5,
  "momentum": 0,
  "steps": 60,
  "step": 0,
};

export const backwardsPresets: Record<string, Partial<BackwardsState>> = {
  "by-hand": {},
  "every-overlap": {
    "input": {
      "shape": [5, 5],
      "data": [
        1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "grad": {"shape": [3, 3], "data": [0, 0, 0, 0, 1, 0, 0, 0, 0]},
    "cell": [2, 3],
  },
  "same-size": {
    "input": {
      "shape": [5, 5],
      "data": [
        0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "grad": {
      "shape": [5, 5],
      "data": [
        -3, 0, 3, -1, 2, -2, 1, -3, 0, 3, -1, 2, -2, 1, -3, 0, 3, -1, 2, -2, 1, -3, 0, 3, -1,
      ],
    },
    "pad": [1, 1],
    "cell": [1, 1],
  },
  "stride": {
    "input": {
      "shape": [7, 7],
      "data": [
        0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3,
        4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [1, 1, 1, 1, 1, 1, 1, 1, 1]},
    "grad": {"shape": [3, 3], "data": [1, 2, 3, 4, 5, 6, 7, 8, 9]},
    "stride": [2, 2],
    "cell": [2, 2],
  },
  "dilation": {
    "input": {
      "shape": [7, 7],
      "data": [
        0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3,
        4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3,
      ],
    },
    "kernel": {"shape": [3, 3], "data": [-1, 0, 1, -2, 0, 2, -1, 0, 1]},
    "grad": {"shape": [3, 3], "data": [1, 0, 0, 0, 2, 0, 0, 0, 3]},
    "dilation": [2, 2],
    "side": "kernel",
  },
  "signal": {
    "dims": 1,
    "input": {"shape": [5], "data": [1, 2, 3, 4, 5]},
    "kernel": {"shape": [3], "data": [1, 0, -1]},
    "grad": {"shape": [3], "data": [1, 10, 100]},
    "stride": [1],
    "dilation": [1],
    "pad": [0],
  },
  "sobel": {"part": "descent"},
  "sobel-picture": {
    "part": "descent",
    "picture": {
      "shape": [12, 14],
      "data": [
        0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.22, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11,
        0.11, 0.11, 0.11, 0.11, 0.22, 0.44, 0.56, 0.44, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11,
        0.22, 0.44, 0.67, 0.89, 0.67, 0.44, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.56, 0.89,
        1.0, 0.89, 0.56, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.44, 0.67, 0.89, 0.67, 0.44,
        0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.44, 0.56, 0.44, 0.22, 0.11, 0.11, 0.89,
        0.89, 0.78, 0.78, 0.11, 0.11, 0.11, 0.11, 0.22, 0.22, 0.22, 0.11, 0.11, 0.11, 0.89, 0.89, 0.78, 0.78,
        0.78, 0.67, 0.67, 0.67, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67,
        0.67, 0.56, 0.56, 0.56, 0.44, 0.11, 0.11, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67, 0.67, 0.56, 0.56,
        0.56, 0.44, 0.44, 0.44, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67, 0.67, 0.56, 0.56, 0.56, 0.44, 0.44,
        0.44, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67, 0.67, 0.56, 0.56, 0.56, 0.44, 0.44, 0.44,
      ],
    },
    "rate": 0.4,
    "steps": 500,
  },
  "momentum": {
    "part": "descent",
    "picture": {
      "shape": [12, 14],
      "data": [
        0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.22, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11,
        0.11, 0.11, 0.11, 0.11, 0.22, 0.44, 0.56, 0.44, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11,
        0.22, 0.44, 0.67, 0.89, 0.67, 0.44, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.56, 0.89,
        1.0, 0.89, 0.56, 0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.44, 0.67, 0.89, 0.67, 0.44,
        0.22, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.22, 0.44, 0.56, 0.44, 0.22, 0.11, 0.11, 0.89,
        0.89, 0.78, 0.78, 0.11, 0.11, 0.11, 0.11, 0.22, 0.22, 0.22, 0.11, 0.11, 0.11, 0.89, 0.89, 0.78, 0.78,
        0.78, 0.67, 0.67, 0.67, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67,
        0.67, 0.56, 0.56, 0.56, 0.44, 0.11, 0.11, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67, 0.67, 0.56, 0.56,
        0.56, 0.44, 0.44, 0.44, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67, 0.67, 0.56, 0.56, 0.56, 0.44, 0.44,
        0.44, 0.89, 0.89, 0.78, 0.78, 0.78, 0.67, 0.67, 0.67, 0.56, 0.56, 0.56, 0.44, 0.44, 0.44,
      ],
    },
    "rate": 0.4,
    "momentum": 0.9,
    "steps": 200,
  },
  "too-large": {"part": "descent", "rate": 2.2},
  "even": {
    "part": "descent",
    "picture": {
      "shape": [12, 12],
      "data": [
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
        0.5, 0.5, 0.5, 0.5,
      ],
    },
    "target": {"shape": [3, 3], "data": [1, 2, 1, 2, 4, 2, 1, 2, 1]},
    "rate": 0.2,
    "steps": 20,
  },
};

export const signalsControls: string[] = [
  "preset",
  "signal",
  "kernel",
  "rate",
  "operation",
  "mode",
  "player",
  "zoom",
  "sound",
  "response",
  "values",
  "code",
  "export",
  "link",
  "undo",
];

export const signalsDefaults: SignalsState = {
  "exhibit": "signals",
  "version": 1,
  "locked": [],
  "hidden": [],
  "signal": [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ],
  "kernel": "exponential",
  "rate": null,
  "operation": "convolution",
  "mode": "full",
  "step": null,
  "span": null,
  "fit": false,
  "decibels": false,
  "part": "all",
};

export const signalsPresets: Record<string, Partial<SignalsState>> = {
  "pulse": {},
  "boxes": {
    "signal": [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
    "kernel": [1, 1, 1, 1, 1, 1, 1, 1],
  },
  "average": {
    "signal": [
      0.1, -0.07, 0.23, 0.28, 0.61, 0.8, 0.84, 0.85, 0.99, 0.65, 0.7, 1.24, 1.29, 1.33, 1.16, 0.76, 1.21,
      1.19, 0.76, 0.4, 0.88, 0.65, 0.3, -0.15, -0.12, -0.15, -0.11, -0.7, -0.62, -0.57, -0.41, -0.62, -0.73,
      -0.57, -0.77, -1.31, -1.15, -0.68, -0.69, -0.9, -0.68, -0.71, -1.05, -1.0, -0.45, -0.15, -0.57, -0.36,
      -0.28, -0.04, 0.08, 0.66, 0.88, 0.33, 0.9, 0.45, 0.6, 0.68, 1.34, 0.67, 1.24, 0.82, 0.75, 0.89, 0.85,
      0.4, 0.4, 0.38, 0.48, 0.35, 0.18, 0.18, -0.26, -0.28, 0.07, -0.66, -0.36, -0.83, -0.88, -0.85, -0.49,
      -0.94, -1.31, -1.33, -1.03, -0.63, -1.25, -0.72, -1.14, -0.61, -0.92, -0.53, -0.44, -0.06, -0.28,
      -0.26,
    ],
    "kernel": "moving-average:size=9",
    "mode": "same",
  },
  "edge": {
    "signal": [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    "kernel": "difference",
    "operation": "correlation",
    "mode": "same",
  },
  "noisy-edge": {
    "signal": [
      -0.19, -0.24, 0.16, 0.07, 0.19, 0.02, 0.16, 0.14, 0.11, 0.15, 0.05, 0.19, -0.01, -0.18, 0.03, -0.1,
      0.03, -0.06, 0.17, 0.23, 0.01, -0.11, 0.18, 0.02, -0.21, -0.21, 0.25, 0.0, 0.22, 0.21, -0.18, -0.17,
      1.18, 1.1, 0.81, 0.86, 0.78, 0.9, 0.78, 1.1, 0.85, 1.06, 1.09, 1.06, 1.23, 1.03, 0.92, 1.12, 1.14,
      1.24, 1.22, 0.95, 1.09, 0.95, 0.89, 1.14, 1.23, 0.85, 0.97, 0.95, 0.86, 0.97, 1.16, 0.99,
    ],
    "kernel": "gaussian-slope:sigma=3",
    "operation": "correlation",
    "mode": "same",
  },
  "pattern": {
    "signal": [
      -0.7, -1.1, 0.9, -1.01, -1.52, 0.23, 1.17, 0.38, -0.84, 0.79, 0.18, 0.2, -0.23, -0.68, 0.51, -0.49,
      -0.03, -0.22, -0.69, -1.11, -1.16, 0.14, -0.23, -0.7, 0.17, 1.55, 0.24, -0.02, 0.99, 0.66, 0.15, 2.15,
      3.19, -3.43, -2.78, 2.98, 0.0, 0.74, 1.43, 1.55, -0.16, -0.69, -0.43, 0.75, -0.68, -0.73, 0.52, 0.41,
      0.95, -1.05, 0.71, 0.88, -1.54, -1.33, 0.0, 1.18, 0.54, -0.43, -0.92, 0.68, -0.33, 0.94, -0.65, 0.49,
      0.23, 1.4, -0.34, -0.73, -1.47, -0.14, -1.16, -0.58, 2.64, -1.86, -1.93, 0.68, -0.66, -0.87, 1.33,
      -1.43, 1.58, 1.29, 0.8, -1.18, 0.21, -0.15, -1.15, -1.07, 0.21, -0.28, -0.45, -0.62, -0.46, -1.5, 1.4,
      -1.26,
    ],
    "kernel": [0, 1, 3, -2, -3, 2, 1],
    "operation": "correlation",
    "mode": "valid",
  },
  "numbers": {"signal": [1, 2, 3], "kernel": [0, 1, 0.5]},
  "correlated": {
    "signal": [1, 2, 3, 4, 5],
    "kernel": [1, 0, -1],
    "operation": "correlation",
    "mode": "valid",
  },
  "convolved": {"signal": [1, 2, 3, 4, 5], "kernel": [1, 0, -1], "mode": "valid"},
  "echo": {"signal": "pluck", "kernel": "echo:delay=5600,gain=0.6,repeats=3"},
  "reverb": {"signal": "drums", "kernel": "reverb"},
  "muffled": {"signal": "chirp", "kernel": "moving-average:size=8"},
};
