/** Exhibit 1, the sliding window. */

import { makeExhibit } from "../../model/exhibit.ts";
import SlidingWindow from "./SlidingWindow.svelte";
import { complete } from "./state.ts";

export default makeExhibit(SlidingWindow, complete);
