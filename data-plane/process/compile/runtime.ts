import { hash } from "node:crypto";

/** As much as a whole event may bring. Of what grows texts only `+` can do more, and it doubles them at each step. */
const MAX_TEXT = 64 * 1024;

/** A computed text beyond `MAX_TEXT`. */
export class TextTooLarge extends Error {
  override readonly name = "TextTooLarge";
}

const [SLASH, QUERY, HASH] = [0x2f, 0x3f, 0x23];

/**
 * What generated code calls. Every function gets non-null operands and answers null where CEL has an error; where the
 * answer is a number, null is NaN.
 */
export const runtime = {
  size(text: string): number {
    let n = text.length;
    for (let i = 0; i < text.length - 1; i++) {
      // a surrogate pair is one code point
      if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) n--;
    }
    return n;
  },

  /** @throws TextTooLarge */
  concatenate(a: string, b: string): string {
    // before they are joined: V8 joins texts without copying them, but not beyond half a gigabyte
    if (a.length + b.length > MAX_TEXT) throw new TextTooLarge(`a text of more than ${MAX_TEXT} characters`);
    return a + b;
  },

  lowerAscii(text: string): string {
    return text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
  },

  /** n-th non-empty segment of a path, from 0, without query and fragment. */
  pathSegment(path: string, index: number): string | null {
    if (index < 0) return null;
    let seen = 0;
    let start = 0;
    for (let i = 0; i <= path.length; i++) {
      const c = i === path.length ? QUERY : path.charCodeAt(i);
      if (c !== SLASH && c !== QUERY && c !== HASH) continue;
      if (i > start && seen++ === index) return path.slice(start, i);
      if (c !== SLASH) return null;
      start = i + 1;
    }
    return null;
  },

  sha256(text: string): string {
    return hash("sha256", text, "hex");
  },

  timestampText(ms: number): string | null {
    const date = new Date(ms);
    return Number.isNaN(date.getTime()) ? null : date.toISOString();
  },

  parseTimestamp(text: string): number {
    return RFC3339.test(text) ? Date.parse(text) : NaN;
  },

  parseInteger(text: string): number {
    if (!INTEGER.test(text)) return NaN;
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : NaN;
  },

  parseDouble(text: string): number {
    return DECIMAL.test(text) ? Number(text) : NaN;
  },

  truncate(value: number): number {
    const whole = Math.trunc(value) + 0;
    return Number.isSafeInteger(whole) ? whole : NaN;
  },

  divideIntegers(a: number, b: number): number {
    return b === 0 ? NaN : Math.trunc(a / b) + 0;
  },

  remainder(a: number, b: number): number {
    return b === 0 ? NaN : (a % b) + 0;
  },
};

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const INTEGER = /^[+-]?\d{1,16}$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
