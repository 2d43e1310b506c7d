/** Exhibit 7, the matrix view. */

import { makeExhibit } from "../../model/exhibit.ts";
import MatrixView from "./MatrixView.svelte";
import { complete } from "./state.ts";

export default makeExhibit(MatrixView, complete);
