import { toolbarControls } from "./common.ts";
import { place } from "./spoken.ts";

/** Matrix view. */
export const matrixView = {
  title: "Matrix view",
  preset: "Example",
  ownNumbers: "Your own numbers",
  ownNote: "Go over any cell, by pointer or arrow keys: all that it belongs to lights up. Click or Space keeps it.",
  presets: {
    sixteen: { title: "3 × 3 over 4 × 4", note: "Four windows, four rows: in each the kernel stands once, one cell further. 36 of 64 entries are weights, and only 9 numbers are behind them." },
    signal: { title: "A signal", note: "Each row is the one above, moved on by a cell: constant diagonals, a Toeplitz matrix." },
    band: { title: "Padding that keeps the size", note: "A square band matrix. Zeros outside cut the first and the last row short." },
    circulant: { title: "Wrapped round: a circulant matrix", note: "The border wraps, so rows go round the corner. Such a matrix is diagonal in the frequencies, so that the FFT can multiply by it." },
    blocks: { title: "Sobel, same size: blocks of bands", note: "Each block is a band made of one row of the kernel, and blocks lie on diagonals: block Toeplitz." },
    stride: { title: "Stride 2", note: "Rows move on by two cells; the rows between are left out." },
    transposed: { title: "Transposed: the way back", note: "Kernels of 2 × 2 at stride 2 tile the input. The matrix turned over takes four numbers to sixteen." },
    columns: { title: "im2col", note: "Each window becomes a column, the kernel a row: one product of matrices, which every library computes fast. Cells that windows share are repeated." },
    channels: { title: "im2col: two channels, two kernels", note: "Channels below each other in every column, kernels below each other in the rows: the product gives all maps at once." },
    tile: { title: "Winograd on a tile of 2 × 2", note: "16 products instead of 36, for more additions. All four outputs of this tile come from the 16." },
    "tile-1d": { title: "Winograd on a signal", note: "F(2, 3): two outputs of three weights by 4 products instead of 6." },
    spectra: { title: "A signal through the FFT", note: "Two spectra, multiplied frequency by frequency, and back. Windows that went round the end are thrown away." },
    "spectra-2d": { title: "An edge through the FFT", note: "Zeros around the input let every overlap come out. What the kernel stops, no frequency brings back." },
  } as Record<string, { title: string; note: string }>,

  view: "Seen as",
  views: { toeplitz: "Toeplitz matrix", im2col: "im2col", winograd: "Winograd tile", fft: "FFT" },
  viewHint: {
    toeplitz: "y = A x: a row for each output cell, a column for each input cell.",
    im2col: "Y = W X: a window in each column of X, a kernel in each row of W.",
    winograd: "y = Aᵀ [(G g) ⊙ (Bᵀ d)]: fewer products, more additions.",
    fft: "The convolution theorem: products of spectra.",
  },
  dims: "Dimensions",
  dimsName: { 1: "1-D", 2: "2-D" } as Record<number, string>,
  settings: "Settings",
  sizes: "Sizes",
  channels: "Channels",
  kernels: "Kernels",
  inputSides: { 1: ["Input cells"], 2: ["Input rows", "Input columns"] } as Record<number, readonly string[]>,
  kernelSides: { 1: ["Kernel cells"], 2: ["Kernel rows", "Kernel columns"] } as Record<number, readonly string[]>,
  stride: "Stride",
  dilation: "Dilation",
  operation: "Operation",
  operations: { correlation: "Correlation", convolution: "Convolution" },
  operationHint: {
    correlation: "The kernel lies on the window as it stands. Deep learning calls this convolution.",
    convolution: "The kernel is turned by 180° first: convolution as mathematics means it.",
  },
  padding: "Padding",
  paddings: { valid: "none", same: "same size", full: "full" },
  border: "Border",
  borders: {
    constant: "zeros", edge: "edge: the last cell again", reflect: "reflect: mirrored, edge once",
    symmetric: "symmetric: mirrored, edge twice", wrap: "wrap: round again",
  },
  transpose: "Transposed: the way back",
  transposeHint: "Aᵀ takes what is shaped like the output to what is shaped like the input: transposed convolution. Of L = ½ Σ y² it gives the gradient, Aᵀ y = ∂L/∂x.",

  input: "Input",
  kernel: "Kernel",
  output: "Output",
  back: "Way back",
  weight: "weight",
  y: "y",
  slice: { input: (n: number) => `channel ${n}`, output: (n: number) => `map ${n}` },
  kernelSlice: (kernel: number, channel: number, kernels: number, channels: number) =>
    [...(kernels > 1 ? [`kernel ${kernel}`] : []), ...(channels > 1 ? [`channel ${channel}`] : [])].join(", "),

  cell: (array: string, at: readonly number[], value: string) => `${array} ${place(at)}: ${value}`,
  borderCell: (at: readonly number[], value: string) => `Border ${place(at)}: ${value}`,
  vectorCell: (array: string, at: number, where: string, value: string) => `${array} as a vector, entry ${at}, ${where}: ${value}`,
  entry: (output: string, input: string, weight: string, value: string) =>
    `Row of output ${output}, column of input ${input}, weight ${weight}: ${value}`,
  emptyEntry: (output: string, input: string) => `Row of output ${output}, column of input ${input}, not in the window: 0`,
  columnCell: (window: string, source: string | null, value: string) =>
    `Window of output ${window}, ${source === null ? "border" : `input ${source}`}: ${value}`,
  matrixLabel: (transposed: boolean, rows: number, columns: number) => `Matrix ${transposed ? "A transposed" : "A"}, ${rows} × ${columns}`,
  vectorLabel: (array: string, cells: number) => `${array} as a vector, ${cells}`,
  mapsLabel: (kernels: number, windows: number) => `Maps as rows, ${kernels} × ${windows}`,
  rowsLabel: (kernels: number, taps: number) => `Kernels as rows, ${kernels} × ${taps}`,
  columnsLabel: (rows: number, windows: number) => `Windows as columns, ${rows} × ${windows}`,

  work: "What the chosen cell is",
  toeplitzLead: (rows: number, columns: number, entries: number, weights: number) =>
    `A is ${rows} × ${columns}: ${entries} of ${rows * columns} entries are weights, ${weights} numbers again and again; all others are 0.`,
  above: { x: "x, row by row", y: "y, row by row" },
  beside: { y: "y", back: "Aᵀ y" },
  im2colLead: (cells: number, input: number) =>
    `X holds ${cells} numbers for the ${input} of the input: ${(cells / input).toFixed(1).replace(".0", "")} times as many.`,
  columnsName: "X: a window in each column",
  rowsName: "W: a kernel in each row",
  resultName: "Y",
  tooLarge: (rows: number, columns: number, most: number) =>
    `This matrix has ${rows} × ${columns} = ${rows * columns} entries; up to ${most} are drawn. Take less of input, padding or channels.`,
  impossible: (window: string, room: string) =>
    `The kernel spans ${window} cells, but the input has ${room}: pad more, or use a smaller kernel, less dilation.`,

  saysOutput: (output: string, row: number) => `output ${output} is row ${row} of A times x`,
  saysDefinition: (output: string) => `output ${output}, by the definition`,
  saysInputGoes: (input: string, outputs: number) => `input ${input} goes into ${outputs} output${outputs === 1 ? "" : "s"}`,
  saysColumn: (output: string, window: number) => `output ${output} is a row of W times column ${window} of X`,
  saysInput: (input: string, column: number, outputs: number) =>
    `input ${input} is entry ${column} of x, and meets column ${column} of A: it goes into ${outputs} output${outputs === 1 ? "" : "s"}`,
  saysInputColumns: (input: string, times: number) => `input ${input} stands in X ${times} time${times === 1 ? "" : "s"}: so many windows share it`,
  saysWeight: (weight: string, value: string, times: number) =>
    `weight ${weight} = ${value} stands in A ${times} time${times === 1 ? "" : "s"}: weights are shared`,
  saysWeightRows: (weight: string, value: string, windows: number) =>
    `weight ${weight} = ${value} meets ${windows} window${windows === 1 ? "" : "s"}, in each at the same cell`,
  saysEntry: (row: number, column: number, output: string, input: string, weight: string, value: string) =>
    `A[${row}, ${column}] = weight ${weight} = ${value}: output ${output} sees input ${input} through it`,
  saysZero: (row: number, column: number, output: string, input: string) =>
    `A[${row}, ${column}] = 0: input ${input} is not under the window of output ${output}`,
  saysWindowCell: (row: number, window: number, value: string, source: string | null, output: string) =>
    `X[${row}, ${window}] = ${value}: ${source === null ? "the border" : `input ${source}`} in the window of output ${output}`,
  saysBack: (input: string, column: number, outputs: number) =>
    `Aᵀ y at ${input} is column ${column} of A times y: the ${outputs} output${outputs === 1 ? "" : "s"} that it went into`,
  more: (count: number) => `… ${count} products in all`,

  tileTitle: (first: string, products: number, loops: number) => `The tile at output ${first}: ${products} products instead of ${loops}`,
  tileRefused: "Tiles of F(2, 3) take kernels of 3 cells a side, at stride 1 and dilation 1.",
  tileUse: "Use such a kernel",
  tileSteps: {
    data: { title: "1. Transform the data", note: "additions and subtractions alone" },
    kernel: { title: "2. Transform the kernel", note: "once for all tiles and images" },
    products: { title: "3. Multiply, cell by cell", note: "the only products of numbers with numbers" },
    sum: { title: "3b. Add the channels up", note: "before the way back, to do that once" },
    output: { title: "4. Transform the sums", note: "additions and subtractions again" },
  },
  tileBeyond: "Hatched: beyond the output's end, computed for nothing.",
  tileCount: (dims: number) =>
    `Per tile: ${
      dims === 1
        ? "4 products, 4 additions for the data, 4 for the outputs; the definition takes 6 and 4"
        : "16 products, 32 additions for the data, 24 for the outputs; the definition takes 36 and 32. With many channels the transforms are shared, and the products decide"
    }.`,

  spectrumOf: (name: string, channel: number, channels: number) => (channels > 1 ? `${name}, channel ${channel}` : name),
  spectra: { input: "input |X|", weights: "kernel |W|", product: "product |Y|", result: "back: the result" },
  spectraTitle: (correlation: boolean) => (correlation ? "Y = X · W̄, frequency by frequency" : "Y = X · W, frequency by frequency"),
  spectraNote: "Zero frequency is in the middle. The way back gives a window at every place; hatched ones went round the end, or stride leaves them out.",
  spectrumCell: (name: string, frequency: readonly number[], value: string) => `${name}, frequency ${place(frequency)}: ${value}`,
  resultCell: (at: readonly number[], value: string, output: string | null) =>
    `Result ${place(at)}, ${output === null ? "thrown away" : `output ${output}`}: ${value}`,
  atFrequency: (frequency: readonly number[]) => `frequency ${place(frequency)}`,

  cost: "The same layer, four ways",
  layer: "Layer",
  layers: {
    drawn: "the one above",
    resnet: "64 → 64, 3 × 3, 56 × 56",
    deep: "512 → 512, 3 × 3, 7 × 7",
    stem: "3 → 64, 7 × 7, stride 2, 224 × 224",
    pointwise: "256 → 64, 1 × 1, 56 × 56",
    photograph: "1 → 1, 31 × 31, 512 × 512",
    own: "your own",
  } as Record<string, string>,
  layerSizes: { channels: "Channels", kernels: "Kernels", rows: "Rows", columns: "Columns", size: "Kernel side", stride: "Stride" },
  way: "Way",
  ways: { loops: "Loops", im2col: "im2col", winograd: "Winograd F(2, 3)", fft: "FFT" },
  multiplications: "Multiplications",
  additions: "Additions",
  held: "Held between",
  moved: "Moved",
  once: "Once for the weights",
  refusedWay: "takes kernels of 3 cells a side at stride 1",
  costCaption: (input: string, weight: string, output: string, padded: boolean) =>
    `Input ${input}${padded ? ", with zeros around, half a kernel wide" : ""}, weights ${weight}, output ${output}`,
  costNote: "Held between: what is written before the output, and read again. Moved: input, weights, output, and twice what is held; 4 bytes a number. FFT: of the whole padded input; half of its operations count as multiplications.",
  bytes: (count: number) => {
    const step = Math.min(3, Math.floor(Math.log2(count || 1) / 10));
    return `${Number((count / 1024 ** step).toPrecision(3))} ${["B", "KiB", "MiB", "GiB"][step]}`;
  },
  impossibleLayer: "This kernel is larger than its padded input.",

  times: "Measured on this machine",
  measure: "Measure",
  measuring: "Measuring …",
  nowMeasuring: (names: readonly string[], done: number, all: number) =>
    done < all ? `Measuring ${names[0]}, ${done + 1} of ${all} …` : `Measuring ${names.length} of ${all} in turn …`,
  measureHint: "Runs every algorithm that can do this layer: first each by itself, then in turn, for two seconds or so, once they are compiled.",
  needsEngine: "A page from a file has no engine to measure. Run convolens lab, or open this in a notebook.",
  measured: (threads: number, far: number) =>
    `One image, float32, ${threads} thread${threads === 1 ? "" : "s"}: medians of runs in turn; what is over ${far} times slower than the fastest runs by itself. Other work on the machine disturbs them.`,
  algorithm: "Algorithm",
  predicted: "Predicted",
  time: "Measured",
  scale: "○ predicted, ● measured; logarithmic",
  rate: "Rate",
  rateHint: "as if all multiply-adds of the definition were done",
  notRun: "too slow to run",
  refuses: "Algorithms that cannot do this layer",
  chosen: "chosen by the planner",
  fastest: (name: string, time: string) => `Fastest: ${name}, ${time}`,
  older: "These are of another layer; measure again.",

  latexHint: "the matrices that are shown, for amsmath",

  controls: {
    preset: "Example",
    view: "Seen as",
    dims: "Dimensions",
    size: "Sizes",
    stride: "Stride",
    dilation: "Dilation",
    padding: "Padding",
    border: "Border",
    operation: "Operation",
    transposed: "Transposed",
    input: "Changing the input",
    kernel: "Changing the kernels",
    player: "Steps",
    layer: "Layer that is counted",
    times: "Measured times",
    ...toolbarControls,
  } as Record<string, string>,
  programs: {
    loops: "NumPy", im2col: "im2col", toeplitz: "SciPy Toeplitz", winograd: "Winograd", fft: "SciPy FFT", pytorch: "PyTorch", convolens: "Convolens",
  },
  noWayBack: "The other programs go back; this one would be a convolution of its own.",
};
