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
  let entry = clearTo(PREFIX_BYTES + headBytes);
  let at = entry + columns.length * ENTRY_WORDS * 4;
  for (const [, column] of columns) {
    const start = at;
    let flags: number = KINDS.indexOf(column.kind);
    let entries = 0;
    let textBytes = 0;
    if (column.kind === "text") {
      const written = writeText(column, n, at);
      ({ entries, textBytes } = written);
      flags |= written.flags;
      at = written.end;
    } else {
      const values =
        column.kind === "flag" ? column.values : new Uint8Array(column.values.buffer, column.values.byteOffset, n * 8);
      reserve(values.length + 8, at);
      scratch.set(column.kind === "flag" ? values.subarray(0, n) : values, at);
      at = clearTo(at + (column.kind === "flag" ? n : n * 8));
    }
    scratch.writeUInt32LE(flags, entry);
    scratch.writeUInt32LE(start, entry + 4);
    scratch.writeUInt32LE(entries, entry + 8);
    scratch.writeUInt32LE(textBytes, entry + 12);
    entry += ENTRY_WORDS * 4;
  }
  return new Uint8Array(scratch.subarray(0, at));
}

function writeText({ codes, values }: TextColumn, n: number, start: number) {
  const entries = codes === undefined ? n : values.length;
  let flags = codes === undefined ? PLAIN : 0;
  let longest = 0;
  let text = "";
  for (let i = 0; i < entries; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    if (value.length > longest) longest = value.length;
    text += value;
  }
  const wide = longest >= 65_535;
  if (wide) flags |= WIDE;
  const lengthBytes = entries * (wide ? 4 : 2);
  reserve(lengthBytes + n * 2 + text.length * 3 + 32, start);
  const lengths = wide
    ? new Uint32Array(scratch.buffer, scratch.byteOffset + start, entries)
    : new Uint16Array(scratch.buffer, scratch.byteOffset + start, entries);
  for (let i = 0; i < entries; i++) {
    const value = values[i];
    lengths[i] = value === null || value === undefined ? 0 : value.length + 1;
  }
  let at = clearTo(start + lengthBytes);
  if (codes !== undefined) {
    const narrow = entries <= NARROW_ENTRIES;
    const target = narrow
      ? new Uint8Array(scratch.buffer, scratch.byteOffset + at, n)
      : new Uint16Array(scratch.buffer, scratch.byteOffset + at, n);
    target.set(codes.length === n ? codes : codes.subarray(0, n));
    at = clearTo(at + n * (narrow ? 1 : 2));
  }
  const textBytes = scratch.write(text, at, "utf8");
  // a lone surrogate becomes three bytes too, hence never ASCII
  if (textBytes === text.length) flags |= ASCII;
  return { flags, entries, textBytes, end: clearTo(at + textBytes) };
}

/** The next multiple of 8, with zeros up to it. */
function clearTo(end: number): number {
  const next = padded(end);
  scratch.fill(0, end, next);
  return next;
}

/** Room for `bytes` more behind `from`, keeping what is before it. */
function reserve(bytes: number, from: number): void {
  if (from + bytes <= scratch.length) return;
  const larger = Buffer.alloc(Math.max(scratch.length * 2, padded(from + bytes)));
  scratch.copy(larger, 0, 0, from);
  scratch = larger;
}
