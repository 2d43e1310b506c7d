/** Files that are dropped on an exhibit. */

import "./dropping.css";

/** Lets a file be dropped on an element; null takes none, as where that is locked. */
export const dropping = (take: ((file: File) => void) | null) => (node: HTMLElement) => {
  const mark = (over: boolean) => node.classList.toggle("awaits", over);
  node.ondragover = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    mark(take !== null);
  };
  node.ondragleave = () => mark(false);
  node.ondrop = (event) => {
    mark(false);
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    take?.(file);
  };
};
