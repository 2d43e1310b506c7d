const MOST = 8;

/** The first of names that a stranger may have written, none of them long. */
const firstOf = (names: readonly string[]): string =>
  names.slice(0, MOST).map((name) => name.slice(0, 32)).join(", ") + (names.length > MOST ? ` and ${names.length - MOST} more` : "");

/** The page that lists the exhibits. */
export const page = {
  title: "Convolens lab",
  lead1: "See the operation.",
  lead2: "Change any number, slide the window, and watch every product and every sum.",
  theme: "Theme",
  light: "Light",
  dark: "Dark",
  system: "As the system",
  failed: (name: string) => `The exhibit “${name}” could not be opened.`,
  brokenLink: "The link could not be read, so the exhibit starts as it always does.",
  notUnderstood: (names: readonly string[], linked: boolean) =>
    `Not understood in this ${linked ? "link" : "file"}: ${firstOf(names)}. Defaults stand in for that.`,
  open: "Open a state",
  noState: (file: string) => `“${file}” has no state of an exhibit: Export, “State (JSON)” writes one.`,
  lost: "No connection to the server; what needs it will go on when it is back.",
  exhibits: {
    "sliding-window": {
      title: "Sliding window",
      lead: "A kernel goes over the input: every product, every sum, in one, two and three dimensions.",
    },
    gallery: {
      title: "Gallery",
      lead: "Your photograph under every named kernel: edit the numbers, and see it change; look into any pixel.",
    },
    borders: {
      title: "Borders",
      lead: "What lies outside the picture: every border side by side, and what a kernel makes of each at the rim.",
    },
    channels: {
      title: "Channels",
      lead: "Red, green and blue to one map, many kernels to many maps, groups, 1 × 1: every sum and every count.",
    },
    backwards: {
      title: "Backwards",
      lead: "Backpropagation cell by cell: what each output sends back to input, kernel and bias; and a kernel that learns Sobel from it.",
    },
    signals: {
      title: "Signals",
      lead: "A kernel slides under a signal that you draw, type or load: see the sums grow, hear echoes and hidden tones.",
    },
    pooling: {
      title: "Pooling",
      lead: "The largest cell, the mean, a norm of each window; and what small shifts of the input do to the output.",
    },
    "matrix-view": {
      title: "Matrix view",
      lead: "A convolution as a matrix, cell by cell; as im2col, Winograd tiles and FFT; what each takes, counted and timed.",
    },
    sizes: {
      title: "Sizes",
      lead: "Stack layers like blocks: every shape, parameter and multiply-add, and what a cell sees, down to the photograph.",
    },
  } as Record<string, { title: string; lead: string }>,
};
