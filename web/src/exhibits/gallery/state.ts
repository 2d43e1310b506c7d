/** How a state of the gallery from outside is taken in; the state itself is defined in Python. */

import {
  borderNames, galleryControls, galleryDefaults as defaults, galleryPresets,
  type AnyNumber, type BorderName, type GalleryState, type Numbers,
} from "../../generated/states.ts";
import { asNumbers, asPlace, fitsIn } from "../../model/arrays.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole } from "../../model/state.ts";
import { isKernelText } from "./kernel.ts";

export type { BorderName, GalleryState, Numbers };
export { borderNames, defaults };

export const VIEWS = ["one", "all"] as const;
export const MEASURES = ["kernel", "magnitude", "direction"] as const;
export const OPERATORS = ["sobel", "scharr", "prewitt"] as const;
export const CHANNELS = ["each", "luminance"] as const;
export const DISPLAYS = ["clip", "signed", "absolute"] as const;
const LARGEST_PLACE = 1 << 20;
const LARGEST_WEIGHT = 1e12;

/** Takes a state from anything; what is missing or does not fit is the default's. */
export function complete(raw: unknown): GalleryState {
  const given = asRecord(raw);
  return {
    exhibit: "gallery",
    version: 1,
    locked: asNames(given.locked, galleryControls),
    hidden: asNames(given.hidden, galleryControls),
    photograph: typeof given.photograph === "string" ? given.photograph.slice(0, 64) || defaults.photograph : defaults.photograph,
    view: asChoice(given.view, VIEWS, defaults.view),
    measure: asChoice(given.measure, MEASURES, defaults.measure),
    kernel: typeof given.kernel === "string" && isKernelText(given.kernel) ? given.kernel : weights(given.kernel) ?? defaults.kernel,
    operator: asChoice(given.operator, OPERATORS, defaults.operator),
    channels: asChoice(given.channels, CHANNELS, defaults.channels),
    display: asChoice(given.display, DISPLAYS, defaults.display),
    gain: asWhole(given.gain, 1, 64, defaults.gain),
    flip: asBoolean(given.flip, defaults.flip),
    border: asChoice<BorderName>(given.border, borderNames, defaults.border),
    divider: asWhole(given.divider, 0, 100, defaults.divider),
    pixel: asPlace(given.pixel, 2, { most: LARGEST_PLACE }) as GalleryState["pixel"],
    channel: asWhole(given.channel, 0, 2, defaults.channel),
  };
}

/** An example's state, all of it but the photograph where it says none, so that one may try them on one's own. */
export function preset(name: string, photograph: string): Partial<GalleryState> {
  const { locked: _, hidden: __, divider: ___, ...rest } = complete({ ...defaults, photograph, ...galleryPresets[name] });
  return rest;
}

/** Weights of two dimensions that are numbers. */
function weights(raw: unknown): Numbers | null {
  const found = asNumbers(raw, fitsIn(2));
  const held = (value: AnyNumber): number => (Math.abs(asNumber(value, 0)) <= LARGEST_WEIGHT ? asNumber(value, 0) : 0);
  return found && { shape: found.shape, data: found.data.map(held) };
}
