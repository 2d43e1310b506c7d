/** Exhibit 2, the gallery. */

import { makeExhibit } from "../../model/exhibit.ts";
import Gallery from "./Gallery.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Gallery, complete);
