import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

const source = fileURLToPath(new URL("./src/", import.meta.url));
const components = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".svelte")).sort();

export default {
  preprocess: vitePreprocess(),
  // The class that keeps a component's styles its own is named by its place among all: short, as it stands in every rule.
  compilerOptions: { runes: true, discloseVersion: false, cssHash: ({ filename }) => `s${components.indexOf(filename.replace(/^.*\bsrc\//, ""))}` },
};
