import { Buffer } from "node:buffer";
import type { Codes, Column } from "./column.ts";
import {
  ASCII,
  ENTRY_WORDS,
  KIND_MASK,
  KINDS,
  MAGIC,
  MAX_ROWS,
  NARROW_ENTRIES,
  padded,
  PLAIN,
  PREFIX_BYTES,
  VERSION,
  WIDE,
} from "./format.ts";

/** The bytes are no frame of this format. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** A received frame; a column is decoded when it is first asked for. */
export class FrameReader {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly n: number;
  readonly names: readonly string[];
  readonly #bytes: Uint8Array;
  readonly #directory: Uint32Array;
  readonly #columns = new Map<string, Column>();
  /** bytes that no column has claimed yet: columns that share theirs would make much of little */
  #unclaimed: number;

  /** @throws FrameError */
  constructor(message: Uint8Array) {
    // typed arrays lie at multiples of their size, which a piece of a socket's buffer does not; a Buffer's slice is no copy
    const bytes = message.byteOffset % 8 === 0 ? message : new Uint8Array(message);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < PREFIX_BYTES || bytes[0] !== MAGIC) throw new FrameError("not a frame");
    if (bytes[1] !== VERSION) throw new FrameError(`a frame of version ${bytes[1]}, not ${VERSION}`);
    const count = view.getUint16(2, true);
    const headEnd = PREFIX_BYTES + view.getUint32(4, true);
    const directory = padded(headEnd);
    if (directory + count * ENTRY_WORDS * 4 > bytes.length) throw new FrameError("cut off");
    const head = parseHead(bytes, headEnd);
    if (head.names.length !== count) throw new FrameError("names and columns differ in number");
    this.attributes = head.attributes;
    this.n = head.n;
    this.names = head.names;
    this.#bytes = bytes;
    this.#unclaimed = bytes.length;
    this.#directory = new Uint32Array(bytes.buffer, bytes.byteOffset + directory, count * ENTRY_WORDS);
  }

  /**
   * The column named `name`, or undefined when the frame carries none.
   *
   * @throws FrameError
   */
  column(name: string): Column | undefined {
    let column = this.#columns.get(name);
    if (column === undefined) {
      const index = this.names.indexOf(name);
      if (index < 0) return undefined;
      column = this.#decode(index);
      this.#columns.set(name, column);
    }
    return column;
  }

  #decode(index: number): Column {
    const [flags = 0, start = 0, entries = 0, textBytes = 0] = this.#directory.subarray(
      index * ENTRY_WORDS,
      (index + 1) * ENTRY_WORDS,
    );
    const kind = KINDS[flags & KIND_MASK];
    switch (kind) {
      case "number":
        return { kind, values: new Float64Array(this.#bytes.buffer, this.#at(start, this.n * 8), this.n) };
      case "flag":
        return { kind, values: new Uint8Array(this.#bytes.buffer, this.#at(start, this.n), this.n) };
      case "text":
        return this.#text(flags, start, entries, textBytes);
      default:
        throw new FrameError("a column of unknown kind");
    }
  }

  #text(flags: number, start: number, entries: number, textBytes: number): Column {
    const plain = (flags & PLAIN) !== 0;
    if (plain ? entries !== this.n : entries === 0 && this.n > 0) throw new FrameError("entries and rows differ");
    const lengthBytes = entries * (flags & WIDE ? 4 : 2);
    const lengthsAt = this.#at(start, lengthBytes);
    const lengths =
      flags & WIDE
        ? new Uint32Array(this.#bytes.buffer, lengthsAt, entries)
        : new Uint16Array(this.#bytes.buffer, lengthsAt, entries);
    let at = start + padded(lengthBytes);
    let codes: Codes | undefined;
    if (!plain) {
      const width = entries <= NARROW_ENTRIES ? 1 : 2;
      const codesAt = this.#at(at, this.n * width);
      codes =
        width === 1
          ? new Uint8Array(this.#bytes.buffer, codesAt, this.n)
          : new Uint16Array(this.#bytes.buffer, codesAt, this.n);
      for (let i = 0; i < this.n; i++)
        if ((codes[i] as number) >= entries) throw new FrameError("a code without entry");
      at += padded(this.n * width);
    }
    const text = Buffer.from(this.#bytes.buffer, this.#at(at, textBytes), textBytes).toString(
      flags & ASCII ? "latin1" : "utf8",
    );
    const values = new Array<string | null>(entries);
    let from = 0;
    for (let i = 0; i < entries; i++) {
      const length = lengths[i] as number;
      if (length === 0) {
        values[i] = null;
        continue;
      }
      const to = from + length - 1;
      values[i] = text.substring(from, to);
      from = to;
    }
    if (from !== text.length) throw new FrameError("lengths and text differ");
    return { kind: "text", codes, values };
  }

  /** Where `bytes` bytes at `offset` lie in the buffer below. */
  #at(offset: number, bytes: number): number {
    if (offset % 8 !== 0 || offset + bytes > this.#bytes.length) throw new FrameError("a column beyond the end");
    this.#unclaimed -= bytes;
    if (this.#unclaimed < 0) throw new FrameError("columns share bytes");
    return this.#bytes.byteOffset + offset;
  }
}

function parseHead(bytes: Uint8Array, end: number) {
  let head: unknown;
  try {
    head = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + PREFIX_BYTES, end - PREFIX_BYTES).toString("utf8"));
  } catch (cause) {
    throw new FrameError("the head is not JSON", { cause });
  }
  if (typeof head !== "object" || head === null) throw new FrameError("the head is no object");
  const { n, names, ...attributes } = head as Readonly<Record<string, unknown>>;
  if (typeof n !== "number" || !Number.isInteger(n) || n < 0 || n > MAX_ROWS) throw new FrameError("no number of rows");
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) throw new FrameError("no names");
  // who goes through the names would read one column as often as it is named
  if (new Set(names).size < names.length) throw new FrameError("two columns of one name");
  return { n, names: names as readonly string[], attributes };
}
