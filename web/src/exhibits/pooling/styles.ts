/** What each of the programs imports. */

import type { Style } from "../../export/python.ts";

export const IMPORTS: Record<Style, string[]> = {
  numpy: ["import numpy as np"],
  im2col: ["import numpy as np"],
  pytorch: ["import numpy as np", "import torch", "import torch.nn.functional as F"],
  scipy: ["import numpy as np", "import scipy.ndimage"],
  convolens: ["import numpy as np", "", "import convolens as cl"],
};
