import { expect, test } from "vitest";
import { readTable, writeCsv } from "./csv.ts";
import { openFile, whyNot } from "./loading.ts";
import { readWav, Unreadable, writeWav } from "./wav.ts";

type Write = (view: DataView, at: number, value: number) => void;
const write8: Write = (view, at, value) => view.setUint8(at, value);
const write16: Write = (view, at, value) => view.setInt16(at, value, true);

/** A WAV file of one kind, with numbers as bytes. */
function wavFile(kind: number, bits: number, channels: number, data: number[], write: Write): ArrayBuffer {
  const file = new ArrayBuffer(44 + (data.length * bits) / 8);
  new Uint8Array(file).set(new Uint8Array(writeWav(new Float64Array(), 8000)));
  const view = new DataView(file);
  view.setUint32(4, 36 + (data.length * bits) / 8, true);
  view.setUint16(20, kind, true);
  view.setUint16(22, channels, true);
  view.setUint16(34, bits, true);
  view.setUint32(40, (data.length * bits) / 8, true);
  data.forEach((value, i) => write(view, 44 + (i * bits) / 8, value));
  return file;
}

/** A file changed in some of its words. */
function changed(file: ArrayBuffer, change: (view: DataView) => void): ArrayBuffer {
  const copy = file.slice();
  change(new DataView(copy));
  return copy;
}

const tag = (view: DataView, at: number, text: string): void => [...text].forEach((sign, i) => view.setUint8(at + i, sign.charCodeAt(0)));
const read = (file: ArrayBuffer, channel: number | null = null) => [...readWav(file, 100).take(channel).samples];

test("WAV files of every plain kind are read", () => {
  expect(read(wavFile(1, 8, 1, [0, 128, 192], write8))).toEqual([-1, 0, 0.5]);
  const stereo = wavFile(1, 16, 2, [-32768, 0, 16384, 8192], write16);
  expect([null, 0, 1].map((channel) => read(stereo, channel))).toEqual([[-0.5, 0.375], [-1, 0.5], [0, 0.25]]);
  expect(read(wavFile(1, 24, 1, [-8388608, 4194304, -1], (view, at, value) => {
    view.setInt16(at, value & 0xffff, true);
    view.setInt8(at + 2, value >> 16);
  }))).toEqual([-1, 0.5, -1 / 8388608]);
  expect(read(wavFile(1, 32, 1, [-(2 ** 30)], (view, at, value) => view.setInt32(at, value, true)))).toEqual([-0.5]);
  const holed = wavFile(3, 32, 1, [0.25, NaN], (view, at, value) => view.setFloat32(at, value, true));
  expect(readWav(holed, 9).take(0)).toEqual({ samples: Float64Array.of(0.25, 0), holes: 1 });
  expect(read(wavFile(3, 64, 1, [0.1], (view, at, value) => view.setFloat64(at, value, true)))).toEqual([0.1]);
  // ITU-T G.711: the least, the largest and some codes between.
  expect(read(wavFile(6, 8, 1, [0xd5, 0x55, 0xaa, 0x2a, 0xc5], write8)).map((value) => value * 32768)).toEqual([8, -8, 32256, -32256, 264]);
  expect(read(wavFile(7, 8, 1, [0xff, 0x7f, 0x80, 0x00, 0xef], write8)).map((value) => value * 32768 || 0)).toEqual([0, 0, 32124, -32124, 132]);
  const again = readWav(writeWav(Float64Array.of(0.5, -1, 2), 44100), 2);
  expect([[...again.take(0).samples], again.rate, again.length]).toEqual([[0.25, -0.5], 44100, 3]);
});

test("WAV files are read in every wrapping: big ends first, extensible, larger than 4 GB, odd bits", () => {
  const plain = wavFile(1, 16, 1, [16384, -8192], write16);
  const big = wavFile(1, 16, 1, [16384, -8192], (view, at, value) => view.setInt16(at, value));
  expect(read(changed(big, (view) => {
    tag(view, 0, "RIFX");
    for (const [at, size] of [[4, 4], [16, 4], [24, 4], [28, 4], [40, 4], [20, 2], [22, 2], [32, 2], [34, 2]] as const) {
      if (size === 4) view.setUint32(at, view.getUint32(at, true));
      else view.setUint16(at, view.getUint16(at, true));
    }
  }))).toEqual([0.5, -0.25]);
  expect(read(changed(plain, (view) => view.setUint16(34, 12, true)))).toEqual([0.5, -0.25]); // 12 bits, in two bytes
  const wide = new Uint8Array([...new Uint8Array(plain.slice(0, 36)), ...new Array(24).fill(0), ...new Uint8Array(plain.slice(36))]).buffer;
  expect(read(changed(wide, (view) => {
    view.setUint32(16, 40, true);
    view.setUint16(20, 0xfffe, true);
    view.setUint16(44, 1, true);
  }))).toEqual([0.5, -0.25]);
  const large = new Uint8Array([...new Uint8Array(plain.slice(0, 12)), ...new Array(36).fill(0), ...new Uint8Array(plain.slice(12))]).buffer;
  const huge = changed(large, (view) => {
    tag(view, 0, "RF64");
    tag(view, 12, "ds64");
    view.setUint32(16, 28, true);
    view.setUint32(28, 4, true);
    view.setUint32(76, 0xffffffff, true);
  });
  expect(read(huge)).toEqual([0.5, -0.25]);
  const open = readWav(changed(plain, (view) => view.setUint32(40, 0xffffffff, true)), 9); // written to a pipe
  expect([open.length, open.said]).toEqual([2, 2]);
});

test("a WAV file that breaks off says so", async () => {
  const file = new File([writeWav(new Float64Array(3000).fill(0.5), 8000).slice(0, 44 + 2000)], "cut.wav");
  const { samples, note } = (await openFile(file)).take(0);
  expect([samples.length, note]).toEqual([1000, "The file breaks off: 1000 of its 3000 samples are there, and were taken."]);
});

test("channels are mixed or chosen, and rates that cannot be heard are said", async () => {
  const stereo = changed(wavFile(1, 16, 2, [-32768, 0, 16384, 8192], write16), (view) => view.setUint32(24, 192_000, true));
  const file = await openFile(new File([stereo], "two.wav"));
  expect(file.choices).toEqual(["all, mixed", "left", "right"]);
  expect(file.take(0).note).toBe("2 channels were mixed to one: their mean. 192000 samples a second cannot be played here, only 8000 to 96000.");
  expect([[...file.take(2).samples], file.take(2).rate]).toEqual([[0, 0.25], 192_000]);
});

const whyOf = (act: () => unknown): unknown => {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Unreadable ? [error.why, ...error.details] : error;
  }
};

test("other files are refused with a reason", async () => {
  const good = writeWav(Float64Array.of(1), 8000);
  expect(whyOf(() => readWav(new ArrayBuffer(3), 9))).toEqual(["notWav"]);
  for (let length = 12; length <= 44; length++) expect(whyOf(() => readWav(good.slice(0, length), 9))).not.toBeNull();
  expect(whyOf(() => readWav(wavFile(2, 4, 1, [], () => undefined), 9))).toEqual(["format", 2, 4]);
  expect(whyOf(() => readWav(wavFile(1, 64, 1, [], () => undefined), 9))).toEqual(["format", 1, 64]);
  expect(whyOf(() => readWav(wavFile(1, 16, 0, [1], write16), 9))).toEqual(["header"]);
  expect(whyOf(() => readWav(writeWav(new Float64Array(), 8000), 9))).toEqual(["empty"]);
  const refused = async (name: string, content: BlobPart) => openFile(new File([content], name)).catch((error: unknown) => whyNot(name, error));
  expect(await refused("a.mp3", "ID3 and more")).toBe("a.mp3: sounds are read from WAV files alone. Save this one as WAV.");
  expect(await refused("a.png", new Uint8Array([137, 80, 78, 71, 0, 0]))).toBe("a.png: this is neither a table of numbers (CSV) nor a WAV file.");
  expect(await refused("a.wav", wavFile(17, 4, 1, [], () => undefined))).toMatch("a.wav: WAV of kind 17 (ADPCM) with 4 bits is not read. Save it as PCM");
});

const table = (text: string) => readTable(text, 9999);
const column = (text: string, at = 0) => [...table(text).columns[at]!.samples()];
const rate = (text: string) => table(text).times?.rate;
const names = (text: string) => table(text).columns.map(({ name }) => name);

test("tables are read, and an error names its line", () => {
  expect(column("value\n1\n-2.5\n\n3e2\n")).toEqual([1, -2.5, 300]);
  const timed = table("time;value\r\n0;1,5\r\n0,5;2\r\n1;0");
  expect(timed).toMatchObject({ times: { column: { name: "time" }, rate: 2 }, decimalCommas: true, skipped: 0, ambiguous: false });
  expect(column("time;value\r\n0;1,5\r\n0,5;2\r\n1;0")).toEqual([1.5, 2, 0]);
  expect(table("3").times).toBeNull();
  expect(whyOf(() => column("a\n1\nx y\n"))).toEqual(["numbers", 3, "x y"]);
  expect(whyOf(() => column("1\n2\nb"))).toEqual(["numbers", 3, "b"]);
  expect(whyOf(() => column("t,v\n0,1\n1,NaN\n2,3\n"))).toEqual(["numbers", 3, "NaN"]);
  expect(whyOf(() => column("t,v\n0,1\n1,\n2,3\n"))).toEqual(["numbers", 3, ""]);
  expect(whyOf(() => column("1,2\n3\n"))).toEqual(["columns", 2, 1, 2]);
  expect(whyOf(() => column("1,2\n2,3,4\n3,4\n"))).toEqual(["columns", 2, 3, 2]);
  expect(whyOf(() => column("1\n2e12\n"))).toEqual(["large", 2, "2e12"]);
  for (const empty of ["", "\n\n", "only words\n", ";;\n"]) expect(whyOf(() => table(empty))).toEqual(["empty"]);
  expect(column(writeCsv(["seconds", "output"], [[0, 0.5], [1.25, -2]]))).toEqual([1.25, -2]);
});

test("of several columns one is chosen, times last", () => {
  const text = "# made by a scope\ntime (s),left,right,label\n0,1,10,a\n0.001,2,20,b\n0.002,3,,c\n";
  expect([names(text), rate(text), table(text).skipped]).toEqual([["left", "right", "time (s)"], 1000, 0]);
  expect(column(text)).toEqual([1, 2, 3]);
  expect(whyOf(() => column(text, 1))).toEqual(["numbers", 5, ""]);
  for (const untimed of ["5,1\n3,2\n4,0\n", "1,10\n2,40\n4,30\n", "1,2\n1,3\n", "1,2\n,3\n3,4\n"]) {
    expect([names(untimed), table(untimed).times]).toEqual([["1", "2"], null]);
  }
  expect(column("1,2,3,4\n")).toEqual([1, 2, 3, 4]); // one line is a signal that lies
  expect([table("scope 7\nrate;9\nt;v\n0;1\n1;2\n").skipped, table("0;1,5x\n1;2\n2;3\n").skipped]).toEqual([2, 1]);
  expect(column("1.5e+00 2\n2.5e+00 7\n3.5 8\n")).toEqual([2, 7, 8]); // as numpy.savetxt writes
  expect(column('a;b\n1;"x;y"\n2;"z"\n')).toEqual([1, 2]);
  expect(rate("0.00;1\n0.33;1\n0.67;1\n1.00;1\n")).toBeCloseTo(3, 9); // times rounded to hundredths
  expect(rate("1700000000.0,1\n1700000000.5,2\n")).toBe(2);
  expect(readTable("1\n2\n3\n4\n", 3).columns[0]!.samples()).toHaveLength(3);
});

test("decimal commas and marks between thousands are read where they are plain", () => {
  expect(column("1.234,5;1\n-2,25;2\n1;3")).toEqual([1234.5, -2.25, 1]);
  expect(table("1.234,5;1\n-2,25;2\n1;3").thousands).toBe(true);
  expect(column('"1,234.5"\n"2,000,000"\n7\n')).toEqual([1234.5, 2000000, 7]);
  expect(column('v,w\n"1,5",x\n"2,5",y\n')).toEqual([1.5, 2.5]);
  expect(column("1'234.5\t0\n1\u202f000\t1\n")).toEqual([1234.5, 1000]);
  expect(column("0,5 1,5\n0,7 100,5\n")).toEqual([1.5, 100.5]);
  expect(column("−0,5\n−1,25\n", 1)).toEqual([5, 25]); // two columns: commas part them first
  expect(whyOf(() => column("1,5;0\n1.5;1\n"))).toEqual(["numbers", 2, "1.5"]);
  expect(whyOf(() => column("1.234.56;0\n1;1\n"))).toEqual(["numbers", 1, "1.234.56"]);
});

test("a column that does not rise evenly gives no times, and one that does can be chosen all the same", async () => {
  const opened = async (text: string) => openFile(new File([text], "a.csv"));
  const plain = await opened("population,births\n100,5\n120,4\n150,7\n190,3\n");
  expect(plain.choices).toEqual(["population", "births"]);
  expect(plain.take(0)).toMatchObject({ samples: Float64Array.of(100, 120, 150, 190), rate: null, note: "2 columns of numbers: column “population” is shown." });
  const even = await opened("cases,tests\n1,10\n2,40\n3,30\n");
  expect(even.choices).toEqual(["tests", "cases"]);
  expect(even.take(0)).toMatchObject({ rate: 1, note: "2 columns of numbers: column “cases” was read as times, column “tests” is shown." });
  expect(even.take(1)).toMatchObject({ samples: Float64Array.of(1, 2, 3), rate: null, note: "2 columns of numbers: column “cases” is shown." });
  for (const name of ["Time (s)", "t/s", "seconds", "index", "timestamp"]) {
    const rough = await opened(`${name};value\n0;5\n1,1;4\n1,9;7\n3,2;3\n`);
    expect(rough.choices).toEqual(["value", name]);
    expect(rough.take(0)).toMatchObject({ samples: Float64Array.of(5, 4, 7, 3), rate: null });
    expect(rough.take(0).note).toMatch(`column “value” is shown. Column “${name}” does not rise evenly and gives no times; the axis has samples instead.`);
    expect(rough.take(1)).toMatchObject({ samples: Float64Array.of(0, 1.1, 1.9, 3.2), rate: null });
    expect(rough.take(1).note).not.toMatch("evenly");
  }
  expect((await opened("t1;t2\n0;5\n1,1;4\n1,9;7\n")).choices).toEqual(["t1", "t2"]);
});

test("text in UTF-16 is read, and what is done to a table is said", async () => {
  const text = "name;zwei\n1;1,5\n2;2,5\n";
  for (const little of [true, false]) {
    const bytes = new DataView(new ArrayBuffer(2 + 2 * text.length));
    [..."\ufeff" + text].forEach((sign, i) => bytes.setUint16(2 * i, sign.charCodeAt(0), little));
    const { samples, rate, note } = (await openFile(new File([bytes.buffer], "a.csv"))).take(0);
    expect([[...samples], rate]).toEqual([[1.5, 2.5], 1]);
    expect(note).toBe("2 columns of numbers: column “name” was read as times, column “zwei” is shown. Commas were read as decimal ones.");
  }
  const { rate, note } = (await openFile(new File(["0,1\n1e-13,2\n2e-13,3"], "fast.csv"))).take(0);
  expect([rate, note]).toEqual([null, "2 columns of numbers: column “1” was read as times, column “2” is shown. Its 1.00e+13 samples a second are beyond what is counted here; the axis has samples instead."]);
});

test("two whole numbers with a comma between may be one with decimals, and both can be chosen", async () => {
  const opened = async (text: string) => openFile(new File([text], "a.csv"));
  const either = await opened("1,5\n2,7\n3,25\n");
  expect(either.choices).toEqual(["2", "1", "one column with decimal commas"]);
  expect(either.take(0)).toMatchObject({ samples: Float64Array.of(5, 7, 25), rate: 1 });
  expect(either.take(2)).toMatchObject({ samples: Float64Array.of(1.5, 2.7, 3.25), rate: null, note: "Commas were read as decimal ones." });
  const uneven = await opened("1,5\n1,7\n2,25\n"); // no times
  expect([uneven.choices, [...uneven.take(0).samples]]).toEqual([["one column with decimal commas", "1", "2"], [1.5, 1.7, 2.25]]);
  expect((await opened("value\n5,1\n3,2\n")).choices).toHaveLength(3); // a title over them
  for (const plain of ["t,v\n1,5\n2,7\n", "1.0,5\n2,7\n", "1,-5\n2,7\n", "1, 5\n2, 7\n", "1,5,2\n2,7,1\n", "1,5;\n2,7;\n"]) {
    expect(table(plain).ambiguous).toBe(false);
  }
});
