/** Every text of the lab in English, a file for each exhibit. What a module does not use is not built into it. */

export { backwards } from "./backwards.ts";
export { borders } from "./borders.ts";
export { channels } from "./channels.ts";
export { axisTitle, choose, code, field, fileTooLarge, formulas, grid, legend, noAnswer, noPicture, pin, player, sides, toolbar } from "./common.ts";
export { gallery } from "./gallery.ts";
export { matrixView } from "./matrix-view.ts";
export { page } from "./page.ts";
export { pooling } from "./pooling.ts";
export { refusal } from "./refusals.ts";
export { signals } from "./signals.ts";
export { sizes } from "./sizes.ts";
export { slidingWindow } from "./sliding-window.ts";
export { place } from "./spoken.ts";
