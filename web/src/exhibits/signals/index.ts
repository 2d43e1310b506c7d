/** Exhibit 9, signals. */

import { makeExhibit } from "../../model/exhibit.ts";
import Signals from "./Signals.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Signals, complete);
