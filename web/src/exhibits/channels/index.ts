/** Exhibit 3, channels. */

import { makeExhibit } from "../../model/exhibit.ts";
import Channels from "./Channels.svelte";
import { complete } from "./state.ts";

export default makeExhibit(Channels, complete);
