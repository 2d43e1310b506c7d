// Builds one self-contained ES module for every exhibit, and one for the page that hosts them, into the Python package.
// Styles travel inside the module as a string (see src/model/styles.ts). `node build.js NAME` builds one of them.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { build } from "vite";

const web = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../src/convolens/lab/static", import.meta.url));
const LARGEST = 200_000; // bytes of a module: notebooks send it as text

/** Puts the style sheets of a module where its code says `__STYLES__`, instead of a file of its own. */
const stylesInside = {
  name: "styles-inside",
  enforce: "post",
  generateBundle(_options, bundle) {
    const sheets = Object.values(bundle).filter((file) => file.fileName.endsWith(".css"));
    const text = JSON.stringify(sheets.map((sheet) => String(sheet.source)).join("\n"));
    for (const sheet of sheets) delete bundle[sheet.fileName];
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") file.code = file.code.replace(/(["'`])__STYLES__\1/, () => text);
    }
  },
};

const exhibits = readdirSync(`${web}/src/exhibits`);

/** Leaves the texts of other exhibits out of a module, unless it uses them. */
const ownTexts = (name) => ({
  name: "own-texts",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/src/texts/en.ts")) return null;
    const folder = `${web}/src/exhibits/${name}`;
    const own = name === "page" ? "texts.page" : readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, "utf8")).join("\n");
    const section = (exhibit) => exhibit.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    return [...exhibits.map(section), "page"]
      .filter((other) => !own.includes(`texts.${other}`))
      .reduce((text, other) => text.replace(new RegExp(`^  ${other}: \\{\\n[^]*?^  \\},\\n`, "m"), ""), code);
  },
});

/** What the engine refuses is said by its code alone: in workers, and where nobody is shown it. */
const SHOWS_NO_REFUSAL = ["backwards", "gallery", "matrix-view", "pooling"];
const fewWords = {
  name: "few-words",
  enforce: "pre",
  load(id) {
    if (!id.endsWith("/src/tensor/refusals.ts")) return null;
    return "export const refuse = (code) => { throw new Error(code); }; export const refuseName = refuse; export const nearest = () => []; export const shown = String;";
  },
};

const entries = [
  ...exhibits.map((name) => [name, `${web}/src/exhibits/${name}/index.ts`]),
  ["page", `${web}/src/page/index.ts`],
];

const wanted = process.argv.slice(2);
for (const [name, entry] of entries) {
  if (wanted.length && !wanted.includes(name)) continue;
  await build({
    root: web,
    configFile: false,
    logLevel: "warn",
    plugins: [ownTexts(name), SHOWS_NO_REFUSAL.includes(name) && fewWords, svelte(), stylesInside],
    worker: { plugins: () => [fewWords] },
    build: {
      outDir: target,
      emptyOutDir: false,
      target: "es2022",
      cssCodeSplit: false,
      lib: { entry, formats: ["es"], fileName: () => `${name}.js` },
      rolldownOptions: { output: { codeSplitting: false, minify: true } },
    },
  });
  const { size } = statSync(`${target}/${name}.js`);
  console.log(`${name}.js  ${(size / 1000).toFixed(1)} kB`);
  if (size > LARGEST) throw new Error(`${name}.js has ${size} bytes; a module may have ${LARGEST}`);
}
