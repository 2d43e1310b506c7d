/** Makes an exhibit's module from its view: anywidget's `render`, the same in every home. */

import { mount, unmount, type Component } from "svelte";
import "../parts/base.css";
import "../parts/layout.css";
import { type CommonState, type Completion } from "./state.ts";
import { Store } from "./store.svelte.ts";
import { adoptStyles } from "./styles.ts";
import { Theme } from "./theme.svelte.ts";
import type { Exhibit } from "./widget.ts";

/** What every view is given. */
export interface ViewProps<S extends CommonState> {
  store: Store<S>;
  theme: Theme;
}

export function makeExhibit<S extends CommonState>(
  view: Component<ViewProps<S>>,
  complete: Completion<S>,
): Exhibit {
  return {
    complete,
    render({ model, el, signal }) {
      const root = el.ownerDocument.createElement("section"); // in which headers and asides are none of the notebook's
      root.className = "lab";
      el.append(root);
      keepKeys(root);
      adoptStyles(root);
      const store = new Store(model, complete);
      const theme = new Theme(root);
      const app = mount(view, { target: root, props: { store, theme } });
      let over = false;
      const end = () => {
        if (over) return;
        over = true;
        void unmount(app);
        store.dispose();
        theme.dispose();
        root.remove();
      };
      signal?.addEventListener("abort", end);
      return end;
    },
  };
}

/**
 * Keeps JupyterLab's shortcuts off: those of its command mode look at the element that has the focus alone.
 * Saving goes on to the notebook, as if it was pressed beside the exhibit.
 */
function keepKeys(root: HTMLElement): void {
  root.addEventListener("focusin", ({ target }) => {
    (target as HTMLElement | SVGElement).dataset.lmSuppressShortcuts = "true";
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.stopPropagation();
    if (!root.parentElement!.dispatchEvent(new KeyboardEvent("keydown", event))) event.preventDefault();
  });
}
