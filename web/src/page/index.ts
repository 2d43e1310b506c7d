/** The page's own script: it stands in <main id="lab"> of what the server and the export write. */

import { mount } from "svelte";
import "../parts/base.css";
import { adoptStyles } from "../model/styles.ts";
import { Theme } from "../model/theme.svelte.ts";
import { Host } from "./host.ts";
import Page from "./Page.svelte";

const main = document.getElementById("lab")!;
const root = document.createElement("div");
root.className = "lab";
main.append(root);
adoptStyles(root);
mount(Page, { target: root, props: { host: new Host(main), theme: new Theme(root) } });
