// Written by `python -m convolens.lab.typescript`; never by hand.

import type { AnyNumber, BorderName, Numbers, PaddingName } from "./states.ts";

/** Ask what there is: samples and limits. Answered by Welcome. */
export interface HelloRequest {
  kind: "hello";
  id: number;
  key: string;
}

/** Open a sample, or the picture file in the request's buffer. Answered by Opened, then its picture. */
export interface OpenRequest {
  kind: "open";
  id: number;
  key: string;
  sample?: string;
  name?: string;
  fit?: number;
}

/** Let a photograph go. Answered by Closed. */
export interface CloseRequest {
  kind: "close";
  id: number;
  key: string;
  photograph: string;
}

/** A rectangle of a photograph, in its pixels. */
export interface Region {
  row: number;
  column: number;
  rows: number;
  columns: number;
}

/** Lay a kernel over a photograph. Answered by Picture. */
export interface FilterRequest {
  kind: "filter";
  id: number;
  key: string;
  photograph: string;
  channels?: "each" | "luminance";
  border?: BorderName;
  border_value?: number;
  region?: Region | null;
  fit?: number;
  kernel?: Numbers | string | null;
  flip?: boolean;
  display?: "clip" | "signed" | "absolute" | "raw";
  gain?: number;
}

/** Measure edges: how steep (8 bits), or in which direction (float32, degrees). Answered by Picture. */
export interface EdgesRequest {
  kind: "edges";
  id: number;
  key: string;
  photograph: string;
  channels?: "each" | "luminance";
  border?: BorderName;
  border_value?: number;
  region?: Region | null;
  fit?: number;
  operator?: "sobel" | "scharr" | "prewitt";
  measure?: "magnitude" | "direction";
}

/** What a kernel does to waves. Answered by Responded, magnitudes in float32. */
export interface ResponseRequest {
  kind: "response";
  id: number;
  key: string;
  kernel: Numbers | string;
  size?: number;
}

/** How long the algorithms take for a convolution on this machine. Answered by Timed. */
export interface TimesRequest {
  kind: "times";
  id: number;
  key: string;
  input_shape: number[];
  weight_shape: number[];
  stride?: number[];
  dilation?: number[];
  padding?: PaddingName | [number, number][];
  border?: BorderName;
  groups?: number;
  algorithms?: string[] | null;
  seconds?: number;
}

/** As Filter, at full size and depth, as the bytes of a file. Answered by File. */
export interface DownloadRequest {
  kind: "download";
  id: number;
  key: string;
  photograph: string;
  channels?: "each" | "luminance";
  border?: BorderName;
  border_value?: number;
  region?: Region | null;
  fit?: number;
  kernel?: Numbers | string | null;
  flip?: boolean;
  display?: "clip" | "signed" | "absolute" | "raw";
  gain?: number;
  measure?: "kernel" | "magnitude" | "direction";
  operator?: "sobel" | "scharr" | "prewitt";
  format?: "png" | "jpg" | "tif" | "webp";
}

/** A photograph that comes with the lab. */
export interface Sample {
  name: string;
  title: string;
  rows: number;
  columns: number;
  channels: number;
}

/** What there is: samples, and the limits of uploads. */
export interface WelcomeAnswer {
  kind: "welcome";
  id: number;
  version: string;
  samples: Sample[];
  upload_bytes: number;
  upload_pixels: number;
}

/** A photograph is open; the picture is what it looks like. */
export interface OpenedAnswer {
  kind: "opened";
  id: number;
  rows: number;
  columns: number;
  channels: number;
  dtype: "uint8" | "float32";
  region: Region;
  shrunk: number;
  low: AnyNumber;
  high: AnyNumber;
  seconds: number;
  photograph: string;
  name: string;
  pixel_dtype: string;
  dropped: string[];
}

/** The photograph is gone. */
export interface ClosedAnswer {
  kind: "closed";
  id: number;
  photograph: string;
}

/** Pixels, in the answer's one buffer: row by row, channels last. */
export interface PictureAnswer {
  kind: "picture";
  id: number;
  rows: number;
  columns: number;
  channels: number;
  dtype: "uint8" | "float32";
  region: Region;
  shrunk: number;
  low: AnyNumber;
  high: AnyNumber;
  seconds: number;
}

/** Magnitudes of a frequency response, size × size float32, zero frequency at size // 2. */
export interface RespondedAnswer {
  kind: "responded";
  id: number;
  size: number;
  most: number;
}

/** One algorithm. */
export interface Timing {
  algorithm: string;
  summary: string;
  predicted: number;
  measured: number | null;
  too_slow: boolean;
  refusal: string | null;
  chosen: boolean;
}

/** The algorithms, the fastest first, in seconds, and the convolution's size. */
export interface TimedAnswer {
  kind: "timed";
  id: number;
  algorithms: Timing[];
  multiply_adds: number;
  threads: number;
}

/** A picture file, in the answer's one buffer. */
export interface FileAnswer {
  kind: "file";
  id: number;
  name: string;
  media_type: string;
}

/** A newer request of the same key took this one's place before it was begun. */
export interface ReplacedAnswer {
  kind: "replaced";
  id: number;
  by: number;
}

/** A request could not be answered. */
export interface FailureAnswer {
  kind: "failure";
  id: number;
  reason: "refused" | "too-many" | "too-long" | "died";
  message: string;
}

export type LabRequest =
  | HelloRequest
  | OpenRequest
  | CloseRequest
  | FilterRequest
  | EdgesRequest
  | ResponseRequest
  | TimesRequest
  | DownloadRequest;

export type LabAnswer =
  | WelcomeAnswer
  | OpenedAnswer
  | ClosedAnswer
  | PictureAnswer
  | RespondedAnswer
  | TimedAnswer
  | FileAnswer
  | ReplacedAnswer
  | FailureAnswer;
