// Written by `python -m convolens.lab.typescript`; never by hand.

import { slidingWindowDefaults, galleryDefaults, channelsDefaults, sizesDefaults, poolingDefaults, bordersDefaults, matrixViewDefaults, backwardsDefaults, signalsDefaults } from "./states.ts";

export const defaultStates: Record<string, object> = {
  "sliding-window": slidingWindowDefaults,
  "gallery": galleryDefaults,
  "channels": channelsDefaults,
  "sizes": sizesDefaults,
  "pooling": poolingDefaults,
  "borders": bordersDefaults,
  "matrix-view": matrixViewDefaults,
  "backwards": backwardsDefaults,
  "signals": signalsDefaults,
};
