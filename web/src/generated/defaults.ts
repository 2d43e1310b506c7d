// Written by `python -m convolens.lab.typescript`; never by hand.

import { slidingWindowDefaults, galleryDefaults, channelsDefaults, poolingDefaults, bordersDefaults, backwardsDefaults, signalsDefaults } from "./states.ts";

export const defaultStates: Record<string, object> = {
  "sliding-window": slidingWindowDefaults,
  "gallery": galleryDefaults,
  "channels": channelsDefaults,
  "pooling": poolingDefaults,
  "borders": bordersDefaults,
  "backwards": backwardsDefaults,
  "signals": signalsDefaults,
};
