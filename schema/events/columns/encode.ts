import { Buffer } from "node:buffer";
import type { Column, TextColumn } from "./column.ts";
import {
  ASCII,
  ENTRY_WORDS,
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

/** what a u16 holds, the null's place less */
const MAX_NARROW_LENGTH = 65_534;

let scratch = Buffer.alloc(256 * 1024);

/** The message of a frame of `n` rows; `attributes` is what holds for all of them. Throws a RangeError beyond 65,535 rows. */
export function encodeFrame(
  attributes: object,
  n: number,
  columns: readonly (readonly [string, Column])[],
): Uint8Array {
  if (n > MAX_ROWS) throw new RangeError(`a frame has at most ${MAX_ROWS} rows`);
  const head = JSON.stringify({ ...attributes, n, names: columns.map(([name]) => name) });
  reserve(head.length * 3 + PREFIX_BYTES + columns.length * ENTRY_WORDS * 4 + 16, 0);
  const headBytes = scratch.write(head, PREFIX_BYTES, "utf8");
  scratch[0] = MAGIC;
  scratch[1] = VERSION;
  scratch.writeUInt16LE(columns.length, 2);
  scratch.writeUInt32LE(headBytes, 4);
  const directory = new Uint32Array(columns.length * ENTRY_WORDS);
  const directoryAt = clearTo(PREFIX_BYTES + headBytes);
  let at = directoryAt + directory.byteLength;
  columns.forEach(([, column], index) => {
    const entry = index * ENTRY_WORDS;
    directory[entry] = KINDS.indexOf(column.kind);
    directory[entry + 1] = at;
    if (column.kind === "text") {
      const { flags, entries, textBytes, end } = writeText(column, n, at);
      directory[entry] = (directory[entry] as number) | flags;
      directory[entry + 2] = entries;
      directory[entry + 3] = textBytes;
      at = end;
    } else {
      const { values } = column;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, n * values.BYTES_PER_ELEMENT);
      reserve(bytes.length + 8, at);
      scratch.set(bytes, at);
      at = clearTo(at + bytes.length);
    }
  });
  scratch.set(new Uint8Array(directory.buffer), directoryAt);
  return new Uint8Array(scratch.subarray(0, at));
}

function writeText({ codes, values }: TextColumn, n: number, start: number) {
  const entries = codes === undefined ? n : values.length;
  reserve(entries * 4 + n * 2 + 32, start);
  const narrow = new Uint16Array(scratch.buffer, scratch.byteOffset + start, entries);
  let flags = codes === undefined ? PLAIN : 0;
  let text = concatenate(values, entries, narrow, MAX_NARROW_LENGTH);
  let at = clearTo(start + entries * 2);
  if (text === undefined) {
    flags |= WIDE;
    const wide = new Uint32Array(scratch.buffer, scratch.byteOffset + start, entries);
    text = concatenate(values, entries, wide, Infinity) ?? "";
    at = clearTo(start + entries * 4);
  }
  reserve(n * 2 + text.length * 3 + 24, at);
  if (codes !== undefined) {
    const target =
      entries <= NARROW_ENTRIES
        ? new Uint8Array(scratch.buffer, scratch.byteOffset + at, n)
        : new Uint16Array(scratch.buffer, scratch.byteOffset + at, n);
    target.set(codes.length === n ? codes : codes.subarray(0, n));
    at = clearTo(at + target.byteLength);
  }
  const textBytes = scratch.write(text, at, "utf8");
  // a lone surrogate becomes three bytes too, hence never ASCII
  if (textBytes === text.length) flags |= ASCII;
  return { flags, entries, textBytes, end: clearTo(at + textBytes) };
}

/** All texts in one, and each one's length + 1 in `lengths`, 0 for null; undefined when one is longer than `most`. */
function concatenate(
  values: readonly (string | null)[],
  entries: number,
  lengths: Uint16Array | Uint32Array,
  most: number,
): string | undefined {
  let text = "";
  for (let i = 0; i < entries; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      lengths[i] = 0;
      continue;
    }
    if (value.length > most) return undefined;
    lengths[i] = value.length + 1;
    text += value;
  }
  return text;
}

/** The next multiple of 8, with zeros up to it. */
function clearTo(end: number): number {
  const next = padded(end);
  for (let i = end; i < next; i++) scratch[i] = 0;
  return next;
}

/** Room for `bytes` more behind `from`, keeping what is before it. */
function reserve(bytes: number, from: number): void {
  if (from + bytes <= scratch.length) return;
  const larger = Buffer.alloc(Math.max(scratch.length * 2, padded(from + bytes)));
  scratch.copy(larger, 0, 0, from);
  scratch = larger;
}
