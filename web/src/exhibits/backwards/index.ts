/** Exhibit 8, backwards. */

import { makeExhibit } from "../../model/exhibit.ts";
import Backwards from "./Backwards.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Backwards, complete);
