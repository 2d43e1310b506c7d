/** The part of gifenc that is used; the package has no types of its own. */
declare module "gifenc/dist/gifenc.esm.js" {
  type Palette = number[][];
  interface Frame {
    palette: Palette;
    delay: number;
    transparent: boolean;
    transparentIndex: number;
    /** 1: the frame stays under the next. */
    dispose: number;
  }
  interface Encoder {
    writeFrame(index: Uint8Array, width: number, height: number, options: Frame): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  }
  export function GIFEncoder(): Encoder;
}
