/** The texts in use. Another language is another folder of this shape, chosen here. */

export * as texts from "./en/index.ts";
