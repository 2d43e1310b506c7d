/** The server's socket: opened by the first message, opened again by the next one after it was lost. */

/** A frame: how long the JSON is (uint32, little-endian), the JSON with the lengths of its buffers, the buffers. */
export function packed(content: object, buffers: readonly (ArrayBuffer | ArrayBufferView)[]): Uint8Array<ArrayBuffer> {
  const parts = buffers.map(bytesOf);
  const json = new TextEncoder().encode(JSON.stringify({ ...content, buffers: parts.map((part) => part.length) }));
  const frame = new Uint8Array(4 + json.length + parts.reduce((all, part) => all + part.length, 0));
  new DataView(frame.buffer).setUint32(0, json.length, true);
  frame.set(json, 4);
  let place = 4 + json.length;
  for (const part of parts) {
    frame.set(part, place);
    place += part.length;
  }
  return frame;
}

export function unpacked(frame: ArrayBuffer): { content: Record<string, unknown>; buffers: DataView[] } {
  const length = new DataView(frame).getUint32(0, true);
  const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(frame, 4, length));
  const { buffers: sizes = [], ...content } = JSON.parse(text) as Record<string, unknown> & { buffers?: number[] };
  let place = 4 + length;
  const buffers = sizes.map((size) => {
    const view = new DataView(frame, place, size);
    place += size;
    return view;
  });
  return { content, buffers };
}

function bytesOf(buffer: ArrayBuffer | ArrayBufferView): Uint8Array {
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}

export class Socket {
  #socket: WebSocket | null = null;
  #waiting: Uint8Array<ArrayBuffer>[] = [];

  constructor(
    readonly address: URL,
    readonly receive: (content: Record<string, unknown>, buffers: DataView[]) => void,
    readonly lost: (lost: boolean) => void,
  ) {}

  send(content: object, buffers: readonly (ArrayBuffer | ArrayBufferView)[]): void {
    const frame = packed(content, buffers);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
    else {
      this.#waiting.push(frame);
      this.#open();
    }
  }

  #open(): void {
    if (this.#socket) return;
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.lost(false);
      for (const frame of this.#waiting.splice(0)) socket.send(frame);
    };
    socket.onmessage = ({ data }) => {
      const { content, buffers } = unpacked(data as ArrayBuffer);
      this.receive(content, buffers);
    };
    socket.onclose = () => {
      this.#socket = null;
      this.lost(true);
    };
    this.#socket = socket;
  }
}
