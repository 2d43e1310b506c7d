import { expect, test } from "vitest";
import { readList, readTable, writeTable } from "./pasted.ts";

test("tables are read however they were copied", () => {
  const table = [[1, -2.5], [3, 4]];
  for (const text of [
    "1\t-2.5\r\n3\t4\r\n", "1\t−2,5\n3\t4", "1;-2,5\n3;4", "1, -2.5\n3, 4", "1 -2.5\n3 4\n", "[[ 1.  -2.5]\n [ 3.   4. ]]",
    "array([[ 1. , -2.5],\n       [ 3. ,  4. ]], dtype=float32)", "[[1,-2.5],[3,4]]",
  ]) expect(readTable(text), text).toEqual(table);
  expect(readTable("1,2,3\n4,5,6")).toEqual([[1, 2, 3], [4, 5, 6]]);
  expect(readTable("[1 2\n 3]")).toEqual([[1, 2, 3]]); // a long row that NumPy broke
  expect(readTable("np.array([1,2])")).toEqual([[1, 2]]);
  expect(readTable("[1,000]")).toEqual([[1, 0]]);
  expect(readTable("7")).toEqual([[7]]);
  expect(readTable(writeTable(table))).toEqual(table);
});

test("what has two readings or is no table is refused", () => {
  for (const text of ["", "a\tb", "1\t\t2", "1,5\n2,5", "1,000\t2", "1,000,000", "1,000", "[[1, x]]"]) expect(readTable(text), text).toBeNull();
});

test("lists are parted by commas, spaces or semicolons, and what has two readings is named", () => {
  for (const text of ["1, 2, 3", "1,2,3", "1 2 3", "1; 2; 3", "1\t2\t3", "1 2\n3", "1 , 2, 3,", "1;2,3 "]) {
    expect(readList(text).unclear, text).toBeUndefined();
  }
  for (const text of ["1, 2, 3", "1,2,3", "1 2 3", "1; 2; 3", "1\t2\t3", "1 2\n3", " 1 , 2, 3, "]) {
    expect(readList(text).items, text).toEqual(["1", "2", "3"]);
  }
  expect(readList("1,5; 2,5").items).toEqual(["1,5", "2,5"]);
  expect(readList("1,-5 1.5,2 100,200,5")).toEqual({ items: ["1", "-5", "1.5", "2", "100", "200", "5"] });
  for (const [text, unclear] of [["1,5 2,5", "1,5"], ["1\n2,5", "2,5"], ["1, 2,5, 3", "2,5"], ["1,5", "1,5"], ["1/2,5", "1/2,5"], ["7 1,000,000", "1,000,000"], ["1.000,5 2", "1.000,5"], ["1,000.5 2", "1,000.5"]]) {
    expect(readList(text!).unclear).toBe(unclear);
  }
});
