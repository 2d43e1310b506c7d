/** Exhibit 5 as a module for every home. */

import { makeExhibit } from "../../model/exhibit.ts";
import Pooling from "./Pooling.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Pooling, complete);
