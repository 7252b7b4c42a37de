import { Buffer } from "node:buffer";
import type { EventFault, EventReader } from "../read-event.ts";
import type { Cell, EventShape, Literal } from "./event-shape.ts";

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SLOTS = 257;
/** so far may a word reach beyond the end of the body; zeros, which end every string */
const MARGIN = 8;

let bytes = Buffer.alloc(64 * 1024);
let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
/** where the values of the event that is being matched start and end */
const starts = new Int32Array(MAX_SLOTS);
const ends = new Int32Array(MAX_SLOTS);
const ascii = new Uint8Array(MAX_SLOTS);

/** The events of a body that has known shapes from end to end. */
export class MatchedEvents {
  readonly #body: Buffer;
  readonly #shapes: EventShape[] = [];
  /** where in the body each event starts and ends */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** of all events in one list, and where those of each start */
  readonly #cells: Cell[] = [];
  readonly #first: number[] = [];

  constructor(body: Buffer) {
    this.#body = body;
  }

  get length(): number {
    return this.#shapes.length;
  }

  add(shape: EventShape, from: number, to: number): void {
    this.#shapes.push(shape);
    this.#from.push(from);
    this.#to.push(to);
    this.#first.push(this.#cells.length);
    // one string per event, so that a value that is kept does not keep a whole body
    const text = bytes.toString("latin1", from, to);
    const { slots } = shape;
    for (let k = 0; k < slots.length; k++) {
      const slot = slots[k] as EventShape["slots"][number];
      if (slot.cell < 0) continue;
      const start = starts[k] as number;
      const end = ends[k] as number;
      if (slot.kind === "flag") this.#cells.push(bytes[start] === 0x74);
      else if (slot.kind === "number") this.#cells.push(Number(text.substring(start - from, end - from)));
      else if (ascii[k] === 1) this.#cells.push(text.substring(start - from, end - from));
      else this.#cells.push(bytes.toString("utf8", start, end));
    }
  }

  read(reader: EventReader, index: number): EventFault | undefined {
    if (reader.readCells(this.#shapes[index] as EventShape, this.#cells, this.#first[index] as number))
      return undefined;
    // whatever is wrong with it, the slow way says what
    return reader.read(JSON.parse(this.#body.toString("utf8", this.#from[index], this.#to[index])));
  }
}

/**
 * The events of a JSON body if each of them has one of `shapes`, byte for byte between its values; else the index of the
 * first that has not. The body must be UTF-8. Never takes what JSON.parse would refuse or read otherwise: strings with
 * escapes, numbers with exponents and every white space between tokens are left to it.
 */
export function matchEvents(body: Buffer, shapes: readonly EventShape[]): MatchedEvents | number {
  if (shapes.length === 0 || body.length > MAX_BYTES) return 0;
  load(body);
  const events = new MatchedEvents(body);
  const many = bytes[0] === 0x5b;
  let at = many ? 1 : 0;
  let shape = shapes[0] as EventShape;
  for (;;) {
    const from = at;
    at = matchEvent(shape, from);
    for (let i = 0; at < 0 && i < shapes.length; i++) {
      shape = shapes[i] as EventShape;
      at = matchEvent(shape, from);
    }
    if (at < 0) return events.length;
    events.add(shape, from, at);
    if (!many || bytes[at] !== 0x2c) break;
    at += 1;
  }
  if (many && bytes[at++] !== 0x5d) return events.length;
  while (at < body.length && isSpace(bytes[at] as number)) at += 1;
  return at === body.length ? events : events.length;
}

function load(body: Buffer): void {
  if (body.length + MARGIN > bytes.length) {
    bytes = Buffer.alloc(2 * body.length + MARGIN);
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  bytes.set(body);
  bytes.fill(0, body.length, body.length + MARGIN);
}

/** The end of an event of this shape that starts at `at`, or -1. */
function matchEvent({ slots, after }: EventShape, at: number): number {
  for (let k = 0; k < slots.length; k++) {
    const { before, kind } = slots[k] as EventShape["slots"][number];
    if (!matches(before, at)) return -1;
    at += before.bytes.length;
    starts[k] = at;
    if (kind === "text") at = stringEnd(at, k);
    else if (kind === "number") at = numberEnd(at);
    else at = flagEnd(at);
    if (at < 0) return -1;
    ends[k] = at;
  }
  return matches(after, at) ? at + after.bytes.length : -1;
}

function matches({ bytes: expected, view: words }: Literal, at: number): boolean {
  const { length } = expected;
  if (at + length > bytes.length) return false;
  let i = 0;
  for (; i + 4 <= length; i += 4) if (view.getUint32(at + i, true) !== words.getUint32(i, true)) return false;
  for (; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

const ONES = 0x01010101;
const HIGHS = 0x80808080;

/** Where the closing quote is; -1 at an escape or a control character. Four bytes at a time (Lamport 1975, "Multiple byte processing"). */
function stringEnd(at: number, k: number): number {
  let plain = 1;
  for (;;) {
    const word = view.getUint32(at, true);
    const quote = word ^ 0x22222222;
    const escape = word ^ 0x5c5c5c5c;
    // the lowest bit that is set is right, those above it may be carries
    const marks =
      (((quote - ONES) & ~quote) | ((escape - ONES) & ~escape) | ((word - 0x20202020) & ~word) | word) & HIGHS;
    if (marks === 0) {
      at += 4;
      continue;
    }
    at += (31 - Math.clz32(marks & -marks)) >> 3;
    const byte = bytes[at] as number;
    if (byte < 0x80) {
      ascii[k] = plain;
      return byte === 0x22 ? at : -1;
    }
    plain = 0;
    at += 1;
  }
}

/** `-`, digits without a leading zero, and a fraction. */
function numberEnd(start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const first = at;
  while (isDigit(bytes[at] as number)) at += 1;
  if (at === first || (bytes[first] === 0x30 && at > first + 1)) return -1;
  if (bytes[at] === 0x2e) {
    const point = at++;
    while (isDigit(bytes[at] as number)) at += 1;
    if (at === point + 1) return -1;
  }
  return at;
}

function flagEnd(at: number): number {
  const word = view.getUint32(at, true);
  if (word === 0x65757274) return at + 4; // true
  return word === 0x736c6166 && bytes[at + 4] === 0x65 ? at + 5 : -1; // false
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
