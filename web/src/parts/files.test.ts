import { expect, test } from "vitest";
import { opener } from "./files.ts";
import { saidBy } from "./said.svelte.ts";

const MOST = 1_000_000;
const file = (name: string, size: number): File => new File([new Uint8Array(size)], name);

test("a file of as many bytes as there may be is read, one of more is refused with its size and the bound", async () => {
  const taken: string[] = [];
  const open = opener("here", MOST, async ({ name }) => name, (name) => taken.push(name));
  await open(file("more.json", MOST + 1));
  expect(saidBy("here")).toBe("more.json has 1.1 MB; files of up to 1 MB are opened here.");
  await open(file("most.json", MOST));
  expect([taken, saidBy("here")]).toEqual([["most.json"], ""]);
});

test("of several files the last one counts, whichever is read first", async () => {
  const taken: string[] = [];
  const reading: Record<string, { resolve: (text: string) => void; reject: (error: Error) => void }> = {};
  const read = ({ name }: File): Promise<string> => new Promise((resolve, reject) => (reading[name] = { resolve, reject }));
  const open = opener("here", 9, read, (text, { name }) => taken.push(`${name}: ${text}`));
  const opened = ["wrong", "early", "late"].map((name) => open(file(name, 1)));
  reading.late!.resolve("text");
  reading.early!.resolve("text");
  reading.wrong!.reject(new Error("unreadable"));
  await Promise.all(opened);
  expect([taken, saidBy("here")]).toEqual([["late: text"], ""]);
  const refused = open(file("wrong", 1));
  reading.wrong!.reject(new Error("unreadable"));
  await refused;
  expect(saidBy("here")).toBe("unreadable");
});

test("what goes wrong with a file that was read is not said of the file", async () => {
  const open = opener("here", 9, async () => "text", () => {
    throw new TypeError("ours");
  });
  await expect(open(file("fine", 1))).rejects.toThrow("ours");
  expect(saidBy("here")).toBe("");
});
