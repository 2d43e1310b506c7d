/** Drawings as pixels. */

const SHARPNESS = 2;

/** The size that a drawing says it has. */
export function drawnSize(svg: string): { width: number; height: number } {
  const [, width, height] = /<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}

export async function rasterise(svg: string, canvas: HTMLCanvasElement): Promise<CanvasRenderingContext2D> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return context;
  } finally {
    URL.revokeObjectURL(address);
  }
}

export function canvasFor(svg: string, sharpness: number): HTMLCanvasElement {
  const { width, height } = drawnSize(svg);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * sharpness);
  canvas.height = Math.ceil(height * sharpness);
  return canvas;
}

export async function pngOf(svg: string): Promise<Blob> {
  const canvas = canvasFor(svg, SHARPNESS);
  await rasterise(svg, canvas);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png");
  });
}
