/** Stacks written as text: "3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1", as `convolens shape` reads them. */

import { SpecError } from "./refusals.ts";
import { addLayer } from "./stack-layers.ts";
import { SIZES, misread } from "./stack-options.ts";
import { type Stack, outputShapeOf, stackOf } from "./stack.ts";

const MOST_LAYERS = 1000;
const MOST_NESTED = 20;

// A name ends with a letter; a blank may part it from options that begin with a number or a kernel's size.
const APART =
  "[^\\s()]*[A-Za-z]\\s+(?:\\d+(?:[x×]\\d+)*|0?\\.\\d+|[Kk]\\d+(?:[x×]\\d+)*)(?![^\\s(),])[^\\s()]*";
const WORDS = new RegExp(`(?<repeat>\\d+)\\*|(?<bracket>[()])|(?<word>${APART}|[^\\s()]+)`, "g");

/** A layer, and where it stands in the text; 1 is the first character. */
interface Word {
  readonly text: string;
  readonly position: number;
}

/** Reads a stack: the shape of its input, then its layers; "3*conv:64,k3" and "2*(conv:64,k3 relu)" repeat. */
export function parseStack(text: string, itemsize = 4): Stack {
  const [first, ...layers] = wordsOf(text);
  const shape = first?.text.replaceAll("×", "x") ?? "";
  if (!SIZES.test(shape)) {
    const found = first ? `'${first.text}'` : "nothing";
    misread(`a stack begins with the shape of its input, such as 3x224x224, but ${found} was given`);
  }
  return layers.reduce((stack, word, i) => {
    const place = `layer ${i + 1} '${word.text}' at character ${word.position}`;
    if (i >= MOST_LAYERS) misread(`${place}: a stack has at most ${MOST_LAYERS} layers; repeat less`);
    try {
      return addLayer(stack, word.text);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      const input = outputShapeOf(stack).join("×");
      throw new SpecError(error.code, error.values, `${place}, on input ${input}: ${error.message}`);
    }
  }, stackOf(shape.split("x").map(Number), itemsize));
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
      if (opened.length > MOST_NESTED) misread(`'(' at character ${start + 1} is nested more than ${MOST_NESTED} deep`);
    } else if (bracket === ")") {
      const opening = opened.pop() ?? misread(`')' at character ${start + 1} closes no bracket`);
      closing.set(opening, index);
      if (opening === index - 1) misread(`the brackets at character ${start} have nothing in them`);
    }
  });
  if (opened.length) misread(`'(' at character ${tokens[opened.at(-1)!]!.start + 1} is never closed`);
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
        misread(
          `'${token.text}' at character ${token.start + 1} must repeat something, at least once, ` +
            "such as 3*conv:64,k3 or 2*(conv:64,k3,same relu)",
        );
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
