// Builds one self-contained ES module for every exhibit, and one for the page that hosts them, into the Python package.
// Styles travel inside the module as a string (see src/model/styles.ts). `node build.js NAME` builds one of them.
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { minify } from "terser";
import { build } from "vite";

const web = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../src/convolens/lab/static", import.meta.url));
const LARGEST = 200_000; // bytes of a module: notebooks send it as text

/**
 * Functions become arrows where they do not say `this`, and lose arguments that they do not look at: only classes are made
 * with `new`, and nobody counts arguments but `derived` of svelte/store, which is not used.
 */
const COMPRESS = { passes: 3, hoist_funs: true, unsafe_arrows: true, keep_fargs: false };

/** Minifies what is minified twice more: another minifier finds a hundredth that the first left, and then some of its own. */
const smaller = {
  name: "smaller",
  enforce: "post",
  async generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk") continue;
      for (let more = 0; more < 2; more += 1) {
        const { code } = await minify(file.code, { module: true, ecma: 2020, compress: COMPRESS });
        file.code = code;
      }
    }
  },
};

/** Puts the style sheets of a module where its code says `__STYLES__`, instead of a file of its own. */
const stylesInside = {
  name: "styles-inside",
  enforce: "post",
  generateBundle(_options, bundle) {
    const sheets = Object.values(bundle).filter((file) => file.fileName.endsWith(".css"));
    const styles = sheets.map((sheet) => String(sheet.source)).join("\n");
    if (styles.includes("var(--lightningcss-")) throw new Error("light-dark() needs the variables that are dropped here");
    const text = JSON.stringify(styles.replace(/--lightningcss-\w+:\s*\w*;/g, ""));
    for (const sheet of sheets) delete bundle[sheet.fileName];
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") file.code = file.code.replace(/(["'`])__STYLES__\1/, () => text);
    }
  },
};

const entries = [
  ...readdirSync(`${web}/src/exhibits`).map((name) => [name, `${web}/src/exhibits/${name}/index.ts`]),
  ["page", `${web}/src/page/index.ts`],
];

const wanted = process.argv.slice(2);
for (const [name, entry] of entries) {
  if (wanted.length && !wanted.includes(name)) continue;
  await build({
    root: web,
    configFile: false,
    logLevel: "warn",
    plugins: [svelte(), smaller, stylesInside],
    build: {
      outDir: target,
      emptyOutDir: false,
      target: "es2022",
      cssCodeSplit: false,
      lib: { entry, formats: ["es"], fileName: () => `${name}.js` },
      rolldownOptions: { output: { codeSplitting: false, minify: true, comments: false } },
    },
  });
  const { size } = statSync(`${target}/${name}.js`);
  console.log(`${name}.js  ${(size / 1000).toFixed(1)} kB`);
  if (size > LARGEST) throw new Error(`${name}.js has ${size} bytes; a module may have ${LARGEST}`);
}
