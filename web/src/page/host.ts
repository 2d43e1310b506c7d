/** How the page came: from the server or as a file, with which exhibit, and where the others are. */

import { fromBase64 } from "../model/bytes.ts";
import type { Exhibit } from "../model/widget.ts";

export class Host {
  readonly names: string[];
  readonly exhibit: string;
  readonly isStatic: boolean;

  constructor(readonly main: HTMLElement) {
    this.names = JSON.parse(main.dataset.exhibits ?? "[]") as string[];
    this.exhibit = main.dataset.exhibit ?? "";
    this.isStatic = main.dataset.host === "static";
  }

  /** Where an exhibit is, or the list of all. */
  address(name = ""): string {
    if (this.isStatic) return name ? `${name}.html` : "index.html";
    return name || "./";
  }

  get startState(): unknown {
    return JSON.parse(this.main.dataset.state ?? "{}");
  }

  /** What a widget handed over beside its state. */
  get buffers(): Record<string, DataView> {
    const texts = Object.entries(JSON.parse(this.main.dataset.buffers ?? "{}") as Record<string, string>);
    return Object.fromEntries(texts.map(([name, text]) => [name, new DataView(fromBase64(text).buffer)]));
  }

  /** Pages from files have none. */
  get socketAddress(): URL | null {
    if (this.isStatic) return null;
    const address = new URL("socket", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    return address;
  }

  /** Pages from files hold the module's text, since no module can be loaded from beside them. */
  async load(): Promise<Exhibit> {
    const inline = document.getElementById("module")?.textContent;
    if (!inline) {
      const address = new URL(`static/${this.exhibit}.js`, location.href).href;
      return ((await import(/* @vite-ignore */ address)) as { default: Exhibit }).default;
    }
    const address = URL.createObjectURL(new Blob([inline], { type: "text/javascript" }));
    try {
      return ((await import(/* @vite-ignore */ address)) as { default: Exhibit }).default;
    } finally {
      URL.revokeObjectURL(address);
    }
  }
}
