/** Files that a viewer opens. */

import { texts } from "../texts/index.ts";
import { say } from "./said.svelte.ts";

type Take = (file: File) => void;

/** Lets the viewer choose a file. */
export function chooseFile(accept: string, take: Take): void {
  const field = document.createElement("input");
  Object.assign(field, { type: "file", accept, hidden: true });
  field.oncancel = () => field.remove();
  field.onchange = () => {
    field.remove();
    take(field.files![0]!);
  };
  document.body.append(field); // Safari on telephones tells nothing of a field that is not in the page
  field.click();
}

/**
 * What opens the files of one place: of several at once the last one counts.
 * Files of more than `most` bytes, and those that `read` throws an error at, are refused in words, said by `by`.
 */
export function opener<T>(by: string, most: number, read: (file: File) => Promise<T>, take: (found: T, file: File) => void): Take {
  let turns = 0;
  return async (file) => {
    const turn = ++turns;
    let found: T;
    try {
      if (file.size > most) throw new Error(texts.fileTooLarge(file.name, file.size, most));
      found = await read(file);
    } catch (error) {
      if (turn === turns) say(by, (error as Error).message);
      return;
    }
    if (turn !== turns) return;
    say(by, "");
    take(found, file);
  };
}
