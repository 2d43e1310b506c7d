/** Light or dark: as the host shows itself, else as the system asks. */

export class Theme {
  dark = $state(false);
  #stop: () => void;

  /** `root` bears what is found as `data-theme`. */
  constructor(root: HTMLElement) {
    const page = root.ownerDocument;
    const query = page.defaultView!.matchMedia("(prefers-color-scheme: dark)");
    const look = () => {
      this.dark = hostIsDark(page) ?? query.matches;
      root.dataset.theme = this.dark ? "dark" : "light";
    };
    const observer = new MutationObserver(look);
    const options = {
      attributes: true,
      attributeFilter: ["class", "data-theme", "theme", "data-jp-theme-light", "data-vscode-theme-kind"],
    };
    observer.observe(page.documentElement, options);
    observer.observe(page.body, options);
    query.addEventListener("change", look);
    this.#stop = () => {
      observer.disconnect();
      query.removeEventListener("change", look);
    };
    look();
  }

  dispose(): void {
    this.#stop();
  }
}

/** What JupyterLab, VS Code, Colab, marimo and our own page write on the document; null where nothing is said. */
function hostIsDark(page: Document): boolean | null {
  const { body, documentElement: html } = page;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  const kind = body.dataset.vscodeThemeKind;
  if (kind !== undefined) return !kind.includes("light");
  for (const node of [html, body]) {
    const named = node.dataset.theme ?? node.getAttribute("theme") ?? "";
    if (named === "dark" || named === "light") return named === "dark";
    if (node.classList.contains("dark")) return true;
    if (node.classList.contains("light")) return false;
  }
  return null;
}
