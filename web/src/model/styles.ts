/** The style sheet of this module, adopted by whatever root the exhibit stands in: a document or a shadow root. */

const TEXT = "__STYLES__"; // the build puts the style sheets here
const sheets = new WeakMap<Document, CSSStyleSheet>(); // a sheet belongs to the document that made it

export function adoptStyles(el: HTMLElement): void {
  const found = el.getRootNode();
  const root = found instanceof ShadowRoot ? found : el.ownerDocument;
  const page = el.ownerDocument;
  let sheet = sheets.get(page);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(TEXT);
    sheets.set(page, sheet);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
