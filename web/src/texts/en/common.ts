/** What all exhibits share. */

import { inSteps } from "./spoken.ts";

export const axisTitle = (dims: 1 | 2 | 3): readonly string[] =>
  ({ 1: ["Length"], 2: ["Rows", "Columns"], 3: ["Depth", "Rows", "Columns"] })[dims];

export const paddings = {
  valid: "none",
  same: "same size",
  "same-lower": "same size, odd cell before",
  full: "full: every overlap",
  own: "in numbers",
};

export const borders = {
  none: "nothing: pads take no part", // in pooling alone
  constant: "a number",
  edge: "edge: the last cell again",
  reflect: "reflect: mirrored, edge once",
  symmetric: "symmetric: mirrored, edge twice",
  wrap: "wrap: round again",
};

/** The controls of the toolbar, as a teacher finds them in the list of those that can be locked. */
export const toolbarControls = { code: "Code", export: "Export", link: "Link", undo: "Undo, redo and reset" };

/** Stands in lists that do something once, and in those where nothing fits. */
export const choose = "choose …";

export const noAnswer = "No answer came; is the lab still running?";

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e5) / 10} MB`;
export const fileTooLarge = (file: string, bytes: number, most: number) =>
  `${file} has ${megabytes(bytes)}; files of up to ${megabytes(most)} are opened here.`;
export const noPicture = (file: string) => `${file}: the browser cannot read this as a picture. PNG, JPEG and WebP work in every browser.`;

export const toolbar = {
  label: "Edit and share",
  undo: "Undo",
  redo: "Redo",
  undone: (left: number) => `Undone; ${inSteps(left)} left to undo`,
  redone: (left: number) => `Redone; ${inSteps(left)} left to redo`,
  hasReset: "All as it was at the beginning",
  reset: "Reset",
  link: "Link",
  linkDone: "Link copied",
  linkFailed: "The browser would not copy; here is the link",
  linkTooLong: "Too much for a link: Export, “State (JSON)” writes it to a file, and “Open a state” opens that.",
  code: "Show the code",
  exports: "Export",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  teach: "For a class",
  teachHint: "The link carries everything as it stands. Controls can be locked or left out for those who open it.",
  onlyHere: "It works on this computer alone: for a class, put the site that “convolens lab --export” writes on a web host.",
  everything: "Everything",
  free: "free",
  locked: "locked",
  hidden: "hidden",
  svg: "Drawing (SVG)",
  png: "Picture (PNG)",
  gif: "Animation (GIF)",
  latex: "LaTeX",
  json: "State (JSON)",
  svgHint: "for slides and print, sharp at any size",
  pngHint: "for documents, twice the size of the screen",
  gifHint: "every step, one after the other",
  someSteps: (some: number, all: number) => `${some} of the ${all} steps, evenly spread`,
  latexHint: "this cell worked out, for amsmath",
  jsonHint: "to go on with in Python or in a notebook",
  drawing: (step: number, all: number) => `Drawing step ${step} of ${all} …`,
  writing: (step: number, all: number) => `Writing step ${step} of ${all} …`,
  tooLarge: "the picture is too large",
  cancel: "Cancel",
  failed: (why: string) => `That did not work: ${why}`,
};

export const player = {
  label: "Steps",
  play: "Play",
  pause: "Pause",
  back: "Step back",
  forward: "Step",
  first: "To the first step",
  last: "To the last step",
  speed: "Speed",
  perSecond: (n: number) => (n < 1 ? `1 step in ${1 / n} s` : n === 1 ? "1 step a second" : `${n} steps a second`),
  at: (step: number, all: number) => `Step ${step} of ${all}`,
  scrub: "Go to step",
};

export const grid = {
  edit: (where: string) => `Change ${where}`,
  invalid: "Not a number; Escape leaves the old one",
  pasted: (taken: number, left: number) =>
    `${taken} ${taken === 1 ? "number" : "numbers"} pasted${left ? `, ${left} left out: the array ends before them` : ""}`,
  grow: (shape: readonly number[], whole: boolean) =>
    `Make it ${shape.join(" × ")}${shape.length > 1 ? "" : " long"}${whole ? "" : ", the largest"}`,
  notPasted: "No table of numbers: paste rows with tabs, semicolons, spaces or commas between numbers",
  copied: (rows: number, columns: number) => `${rows} × ${columns} numbers copied`,
};

export const legend = { label: "Colours", zero: "0" };

export const field = {
  less: (name: string) => `${name}: less`,
  more: (name: string) => `${name}: more`,
  ambiguous: (text: string) => `${text} has two readings: write thousands without a comma, decimals with a point`,
  noNumber: (value: string) => `Not a number: ${value} stays`,
  whole: "Whole numbers only",
  atMost: (most: string) => `At most ${most}`,
  atLeast: (least: string) => `At least ${least}`,
};

export const pin = { on: "Pin", off: "Unpin" };

export const sides = { all: "All sides", alike: "All sides alike" };

/** What formulae say in words, as the Python package does. */
export const formulas = {
  leftOut: "the last window would start past the input",
  shared: (cells: number, windows: number) => `${cells} cells in ${windows === 1 ? "one window" : `${windows} windows`}`,
};

export const code = {
  styles: { numpy: "NumPy", im2col: "im2col", pytorch: "PyTorch", scipy: "SciPy", convolens: "Convolens" },
  runs: "Runs as it stands.",
};
