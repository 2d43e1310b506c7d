/** Exhibit 6, the borders. */

import { makeExhibit } from "../../model/exhibit.ts";
import Borders from "./Borders.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Borders, complete);
