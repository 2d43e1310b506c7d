/** The texts in use. Another language is another file of this shape, chosen here. */

import { en } from "./en.ts";

export const texts = en;
export type Texts = typeof en;
