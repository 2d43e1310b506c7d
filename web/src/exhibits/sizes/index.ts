/** Exhibit 4, sizes. */

import { makeExhibit } from "../../model/exhibit.ts";
import Sizes from "./Sizes.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Sizes, complete);
