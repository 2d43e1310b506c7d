/** Stacks written as text: "3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1", as `convolens shape` reads them. */

import { type Refusal, type Refusals, SpecError, type Where, refuse } from "./refusals.ts";
import { addLayer } from "./stack-layers.ts";
import { SIZES } from "./stack-options.ts";
import { type Stack, outputShapeOf, stackOf } from "./stack.ts";

const MOST_LAYERS = 1000;
const MOST_NESTED = 20;

// A name ends with a letter; a blank may part it from options that begin with a number or a kernel's size.
const APART =
  "[^\\s()]*[A-Za-z]\\s+(?:\\d+(?:[x×]\\d+)*|0?\\.\\d+|[Kk]\\d+(?:[x×]\\d+)*)(?![^\\s(),])[^\\s()]*";
const WORDS = new RegExp(`(?<repeat>\\d+)\\*|(?<bracket>[()])|(?<word>${APART}|[^\\s()]+)`, "g");

/** A layer, and where it stands in the text; 1 is the first character. */
export interface Word {
  readonly text: string;
  readonly position: number;
}

/** What is wrong with a text, and where. */
export interface Problem {
  readonly error: SpecError;
  /** The character that it begins with; 1 is the first. */
  readonly position: number;
  /** The layer that it is about, from 0 on, or null where it is the input or the text itself. */
  readonly layer: number | null;
}

/** What can be read of a text: the stack up to the first mistake, and the words. */
export interface Reading {
  /** Null where there is no input to begin with. */
  readonly stack: Stack | null;
  /** The input as it is written. */
  readonly input: string;
  /** The layers that are written, repetitions written out; those after a mistake are none of the stack's. */
  readonly words: readonly Word[];
  /** What follows a mistake in the text itself, and was not read. */
  readonly rest: string;
  readonly problem: Problem | null;
}

/** Reads a stack: the shape of its input, then its layers; "3*conv:64,k3" and "2*(conv:64,k3 relu)" repeat. */
export function parseStack(text: string, itemsize = 4): Stack {
  const { stack, problem } = built(wordsOf(text), itemsize, MOST_LAYERS);
  if (problem || !stack) throw problem!.error;
  return stack;
}

/** Reads as much of a stack as there is, of at most so many layers, and says what is wrong with the rest. */
export function readStack(text: string, itemsize = 4, most = MOST_LAYERS): Reading {
  try {
    return built(wordsOf(text), itemsize, most);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const { position } = error;
    const before = readStack(text.slice(0, position - 1), itemsize, most);
    if (before.stack && before.problem && before.problem.layer !== null) return { ...before, rest: text.slice(position - 1) };
    return { ...before, rest: before.rest + text.slice(position - 1), problem: { error, position, layer: null } };
  }
}

/** A mistake of the text itself: brackets that do not close, repetitions of nothing. */
class TextError<C extends Refusal> extends SpecError<C> {
  constructor(
    readonly position: number,
    code: C,
    ...values: Refusals[C]
  ) {
    super(code, values);
  }
}

function built(words: readonly Word[], itemsize: number, most: number): Reading {
  const [first, ...layers] = words;
  const input = first?.text ?? "";
  const reading = (stack: Stack | null, error: unknown, layer: number | null): Reading => {
    if (!(error instanceof SpecError)) throw error;
    const position = (layer === null ? first : layers[layer])?.position ?? 1;
    return { stack, input, words: layers.slice(0, most + 1), rest: "", problem: { error, position, layer } };
  };
  let stack: Stack;
  try {
    stack = { ...inputOf(first), itemsize };
  } catch (error) {
    return reading(null, error, null);
  }
  for (const [i, word] of layers.entries()) {
    const where = { layer: i + 1, ...word };
    try {
      if (i >= most) refuse("manyLayers", where, most);
      stack = addedTo(stack, where);
    } catch (error) {
      return reading(stack, error, i);
    }
  }
  return { stack, input, words: layers, rest: "", problem: null };
}

function inputOf(word: Word | undefined): Stack {
  const shape = word?.text.replaceAll("×", "x") ?? "";
  if (!SIZES.test(shape)) refuse("beginning", word?.text ?? null);
  return stackOf(shape.split("x").map(Number));
}

function addedTo(stack: Stack, where: Where): Stack {
  try {
    return addLayer(stack, where.text);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    refuse("inLayer", where, outputShapeOf(stack), error);
  }
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly repeat: string | undefined;
  readonly bracket: string | undefined;
}

/** Splits at blanks and writes the repetitions out, one after the other; "conv 16" is "conv:16". */
function wordsOf(text: string): Word[] {
  const tokens = [...text.matchAll(WORDS)].map((match): Token => ({
    text: match[0], start: match.index, repeat: match.groups?.repeat, bracket: match.groups?.bracket,
  }));
  return sequence(tokens, closingBrackets(tokens), 0, tokens.length);
}

/** For each opening bracket the token that closes it. */
function closingBrackets(tokens: readonly Token[]): Map<number, number> {
  const closing = new Map<number, number>();
  const opened: number[] = [];
  tokens.forEach(({ bracket, start }, index) => {
    if (bracket === "(") {
      opened.push(index);
      if (opened.length > MOST_NESTED) throw new TextError(start + 1, "nested", start + 1, MOST_NESTED);
    } else if (bracket === ")") {
      const opening = opened.pop();
      if (opening === undefined) throw new TextError(start + 1, "closesNothing", start + 1);
      closing.set(opening, index);
      if (opening === index - 1) throw new TextError(start, "emptyBrackets", start);
    }
  });
  const open = opened.length ? tokens[opened.at(-1)!]!.start + 1 : 0;
  if (open) throw new TextError(open, "neverClosed", open);
  return closing;
}

/** The words between two tokens, at most one more than a stack may have layers. */
function sequence(tokens: readonly Token[], closing: ReadonlyMap<number, number>, start: number, stop: number): Word[] {
  const words: Word[] = [];
  let at = start;
  while (at < stop && words.length <= MOST_LAYERS + 1) {
    let token = tokens[at]!;
    let times = 1;
    if (token.repeat !== undefined) {
      times = Number(token.repeat.slice(0, 9));
      const next = tokens[++at];
      const behind = token.start + token.text.length;
      if (at === stop || times < 1 || !next || next.repeat !== undefined || next.start !== behind) {
        throw new TextError(token.start + 1, "repeatsNothing", token.text, token.start + 1);
      }
      token = next;
    }
    const end = closing.get(at) ?? at;
    const part = token.bracket
      ? sequence(tokens, closing, at + 1, end)
      : [{ text: token.text.split(/\s+/).join(":"), position: token.start + 1 }];
    for (let n = 0; n < times && words.length <= MOST_LAYERS + 1; n++) words.push(...part);
    at = end + 1;
  }
  return words;
}
