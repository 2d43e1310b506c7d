/** The programs that make the stack and say its sizes; each runs as it stands. */

import { texts } from "../../texts/index.ts";
import type { Program } from "../../parts/share.ts";
import { comment, tuple } from "../../export/python.ts";
import { blockOf } from "./blocks.ts";
import { pytorch } from "./pytorch.ts";
import type { Work } from "./work.ts";

const words = texts.sizes.code;
const { numpy, im2col, scipy } = texts.code.styles;
/** What `convolens.nn` calls otherwise than a stack does, and what it has not. */
const RENAMED: Record<string, string> = { hardswish: "hard-swish", hardsigmoid: "hard-sigmoid" };
const MISSING = ["elu", "selu", "mish", "softplus", "lrn", "identity", "lp"];
const WIDTH = 100;

export function programsOf(work: Work): Program[] {
  const { stack, problem } = work;
  if (!stack) return [{ name: words.sizes, text: comment(texts.refusal(problem!.error)) }];
  const note = problem ? comment(words.until(texts.refusal(problem.error))) : "";
  return [
    { name: words.pytorch, text: note + pytorch(stack) },
    { name: words.network, text: note + network(work) },
    { name: words.sizes, text: note + sizes(work) },
    { name: `${numpy}, ${im2col}, ${scipy}`, text: comment(words.single) },
  ];
}

function network({ stack }: Work): string {
  const shape = stack!.inputShape;
  const cut = stack!.layers.findIndex(({ name }) => MISSING.includes(blockOf(name).kind));
  const used = stack!.layers.slice(0, cut < 0 ? undefined : cut).flatMap(({ name, kind, inputShape }) => {
    const [first = "", ...options] = name.split(":");
    const flat = kind === "dense" && inputShape.length > 1 ? ["flatten"] : []; // here dense takes vectors alone
    return [...flat, [RENAMED[first.toLowerCase()] ?? first, ...options].join(":")];
  });
  const note = cut < 0 ? [] : [`# ${stack!.layers[cut]!.name}: ${words.notThere}`];
  return [
    "import numpy as np",
    "",
    "from convolens.nn import Network",
    "",
    ...note,
    ...textOf(used),
    `network = Network.from_text(text, ${tuple(shape)})`,
    "print(network)",
    `y = network(np.zeros(${tuple([1, ...shape])}, np.float32))`,
    "print(y.shape)",
    "",
  ].join("\n");
}

function sizes({ stack }: Work): string {
  return [
    "import convolens as cl",
    "",
    ...textOf([stack!.inputShape.join("x"), ...stack!.layers.map(({ name }) => name)]),
    "stack = cl.parse_stack(text)",
    "for layer in stack.layers:",
    "    print(layer.name, layer.output_shape, layer.parameters, layer.macs, layer.receptive_field.size)",
    "print(stack.parameters, stack.macs, stack.memory, stack.fully_connected_weights)",
    "",
  ].join("\n");
}

/** A text of words in lines that are not too long. */
function textOf(list: readonly string[]): string[] {
  const lines: string[] = [];
  for (const one of list) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${one}`.length < WIDTH - 8) lines[lines.length - 1] = `${last} ${one}`;
    else lines.push(one);
  }
  if (lines.length < 2) return [`text = "${lines[0] ?? ""}"`];
  return ["text = (", ...lines.map((line, i) => `    "${line}${i < lines.length - 1 ? " " : ""}"`), ")"];
}
