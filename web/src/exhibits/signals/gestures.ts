/** Zooming and moving by wheel, by drag and by two fingers, as editors of sound have it. */

import { LEFT, RIGHT, type Span } from "./axis.ts";
import { moved, zoomed } from "./zoom.ts";

interface View {
  span: Span;
  whole: Span;
}

const NOTCH = 150; // pixels of a wheel that make it twice as large
const FAR = 600; // pixels that count at once
const LINE = 16; // pixels of wheels that count in lines

export class Gestures {
  #fingers = new Map<number, number>(); // where each is, in pixels from the left
  #box = { left: 0, width: 1 };

  constructor(
    readonly view: () => View,
    readonly change: (span: Span) => void,
  ) {}

  /** Control and the wheel zoom, shift and the wheel move, or the wheel to the side; alone it scrolls the page. */
  wheel = (event: WheelEvent): void => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    const [across, down] = [event.deltaX * unit, event.deltaY * unit];
    const { span, whole } = this.view();
    this.#measure(event.currentTarget as HTMLElement);
    let next: Span;
    if (event.ctrlKey || event.metaKey) next = zoomed(span, whole, 2 ** (-Math.max(-FAR, Math.min(FAR, down)) / NOTCH), this.#place(event.clientX));
    else if (span !== whole && (event.shiftKey || Math.abs(across) > Math.abs(down))) next = moved(span, whole, this.#samples(across || down));
    else return;
    event.preventDefault();
    this.change(next);
  };

  down = (event: PointerEvent): void => {
    const area = event.currentTarget as HTMLElement;
    if (event.button !== 0 || !(event.target as Element).closest(".strips")) return; // buttons beside them keep their clicks
    area.setPointerCapture(event.pointerId);
    this.#measure(area);
    this.#fingers.set(event.pointerId, event.clientX);
  };

  move = (event: PointerEvent): void => {
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) return;
    const { span, whole } = this.view();
    const now = event.clientX;
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, now);
    if (other === undefined) {
      if (span !== whole) this.change(moved(span, whole, this.#samples(before - now)));
    } else {
      // The samples under both fingers stay under them.
      const times = Math.abs(now - other) / Math.max(1, Math.abs(before - other));
      this.change(zoomed(span, whole, Math.max(0.5, Math.min(2, times)), this.#place(other)));
    }
  };

  up = (event: PointerEvent): void => {
    this.#fingers.delete(event.pointerId);
  };

  #measure(area: HTMLElement): void {
    const { left, width } = area.getBoundingClientRect();
    this.#box = { left: left + LEFT, width: Math.max(1, width - LEFT - RIGHT) };
  }

  #samples(pixels: number): number {
    const { from, to } = this.view().span;
    return (pixels / this.#box.width) * (to - from);
  }

  #place(at: number): number {
    return this.view().span.from + this.#samples(at - this.#box.left);
  }
}
