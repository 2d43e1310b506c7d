/** What the programs are written with, and what each of them imports. */

export const STYLES = ["numpy", "pytorch", "convolens"] as const;
export type Style = (typeof STYLES)[number];

export const IMPORTS: Record<Style, string[]> = {
  numpy: ["import numpy as np"],
  pytorch: ["import numpy as np", "import torch", "import torch.nn.functional as F"],
  convolens: ["import numpy as np", "", "import convolens as cl"],
};
