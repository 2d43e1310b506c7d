/** Writes cells of a grid: of hundreds few change when a number does, and a template would have an effect for each. */

import { typeSize, type CellView } from "./grid.ts";

const LEAST_WITH_NOTE = 36; // pixels that a cell with small print is wide

interface Painted extends CellView {
  editable: boolean;
  type: number;
}

const painted = new WeakMap<HTMLElement, Painted>();

/** Writes what has changed of a cell that is `cell` pixels wide. */
export function paint(node: HTMLElement, view: CellView, cell: number, editable: boolean): void {
  const { text, name, kind, colour } = view;
  const note = cell >= LEAST_WITH_NOTE ? view.note : undefined;
  const type = typeSize(text, cell);
  const before = painted.get(node);
  painted.set(node, { text, name, kind, colour, note, editable, type });
  if (before?.text !== text) node.textContent = text;
  if (before?.name !== name) node.setAttribute("aria-label", name);
  if (before?.editable !== editable) node.setAttribute("aria-readonly", String(!editable));
  if (before?.kind !== kind) node.dataset.kind = kind;
  if (before?.note !== note) node.toggleAttribute("data-note", note !== undefined);
  if (before?.note !== note && note !== undefined) node.dataset.note = note;
  if (before?.colour.fill !== colour.fill) node.style.backgroundColor = colour.fill;
  if (before?.colour.ink !== colour.ink) node.style.color = colour.ink;
  if (before?.colour.odd !== colour.odd) node.classList.toggle("dotted", colour.odd === true);
  if (before?.type !== type) node.style.fontSize = `${type}px`;
}
