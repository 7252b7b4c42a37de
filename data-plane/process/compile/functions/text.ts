import type { text } from "@o2mc/schema/expression/functions/text.ts";
import { boundedList, boundedText } from "../limits.ts";
import type { Implementations } from "./implementation.ts";

const ASCII = /^[\0-\x7f]*$/;
const [SLASH, QUERY, HASH] = [0x2f, 0x3f, 0x23];
/** of Unicode; JavaScript's own trim takes U+FEFF too, and leaves U+0085 */
const LEADING = /^\p{White_Space}+/u;
const TRAILING_SPACE = /\p{White_Space}/u;

/** Index in UTF-16 of the code point at `index`, which may be the end; -1 beyond. */
function unitAt(value: string, index: number): number {
  if (index < 0 || index > value.length) return -1;
  let unit = 0;
  for (let i = 0; i < index; i++) {
    if (unit >= value.length) return -1;
    unit += isPair(value, unit) ? 2 : 1;
  }
  return unit;
}

const isPair = (value: string, unit: number): boolean =>
  (value.charCodeAt(unit) & 0xfc00) === 0xd800 && (value.charCodeAt(unit + 1) & 0xfc00) === 0xdc00;

/** The code points before a UTF-16 index. */
const pointsBefore = (value: string, unit: number): number => (unit <= 0 ? unit : size(value.slice(0, unit)));

function size(value: string): number {
  let n = value.length;
  for (let i = 0; i < value.length - 1; i++) if (isPair(value, i)) n--;
  return n;
}

function indexOf(value: string, searched: string, offset: number): number {
  const from = unitAt(value, offset);
  if (from < 0) return NaN;
  let at = value.indexOf(searched, from);
  // half of a surrogate pair is no code point
  while (at >= 0 && insidePair(value, at)) at = value.indexOf(searched, at + 1);
  return pointsBefore(value, at);
}

function lastIndexOf(value: string, searched: string, from: number): number {
  let at = value.lastIndexOf(searched, from);
  while (at > 0 && insidePair(value, at)) at = value.lastIndexOf(searched, at - 1);
  return pointsBefore(value, at);
}

const insidePair = (value: string, unit: number): boolean => unit > 0 && isPair(value, unit - 1);

function substring(value: string, start: number, end: number): string | null {
  const from = unitAt(value, start);
  const to = unitAt(value, end);
  return from < 0 || to < from ? null : value.slice(from, to);
}

function replace(value: string, searched: string, by: string, most: number): string {
  const parts: string[] = [];
  let from = 0;
  let length = value.length;
  while (parts.length < most) {
    let at: number;
    if (searched !== "") at = value.indexOf(searched, from);
    else at = parts.length === 0 ? 0 : from >= value.length ? -1 : from + (isPair(value, from) ? 2 : 1);
    if (at < 0) break;
    length += by.length - searched.length;
    boundedText(length);
    parts.push(value.slice(from, at));
    from = at + searched.length;
  }
  return [...parts, value.slice(from)].join(by);
}

function split(value: string, separator: string, most: number): readonly string[] {
  if (most === 0) return [];
  const parts = separator === "" ? Array.from(value) : value.split(separator);
  if (most > 0 && parts.length > most) parts.splice(most - 1, Infinity, parts.slice(most - 1).join(separator));
  return boundedList(parts);
}

function join(parts: readonly string[], separator: string): string {
  boundedText(parts.reduce((sum, part) => sum + part.length, separator.length * Math.max(0, parts.length - 1)));
  return parts.join(separator);
}

function trim(value: string): string {
  let end = value.length;
  while (end > 0 && TRAILING_SPACE.test(value.charAt(end - 1))) end--;
  return value.slice(0, end).replace(LEADING, "");
}

const lowerAscii = (value: string): string => value.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());

function pathSegment(path: string, index: number): string | null {
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
}

export const TEXT: Implementations<(typeof text)["functions"][number]["signatures"][number]> = {
  "size(string): integer": size,
  "string.size(): integer": size,
  "size(list<T>): integer": (list) => list.length,
  "list<T>.size(): integer": (list) => list.length,
  "size(map<K,V>): integer": (map) => map.size,
  "map<K,V>.size(): integer": (map) => map.size,
  "string.startsWith(string): boolean": (value, searched) => value.startsWith(searched),
  "string.endsWith(string): boolean": (value, searched) => value.endsWith(searched),
  "string.contains(string): boolean": (value, searched) => value.includes(searched),
  "string.charAt(integer): string": (value, index) => {
    const unit = unitAt(value, index);
    return unit < 0 ? null : value.slice(unit, unit + (isPair(value, unit) ? 2 : 1));
  },
  "string.indexOf(string): integer": (value, searched) => indexOf(value, searched, 0),
  "string.indexOf(string, integer): integer": indexOf,
  "string.lastIndexOf(string): integer": (value, searched) => lastIndexOf(value, searched, value.length),
  "string.lastIndexOf(string, integer): integer": (value, searched, offset) => {
    const from = unitAt(value, offset);
    return from < 0 ? NaN : lastIndexOf(value, searched, from);
  },
  "string.substring(integer): string": (value, start) => {
    const from = unitAt(value, start);
    return from < 0 ? null : value.slice(from);
  },
  "string.substring(integer, integer): string": substring,
  "string.lowerAscii(): string": lowerAscii,
  "lowerAscii(string): string": lowerAscii,
  "string.upperAscii(): string": (value) => value.replace(/[a-z]+/g, (lower) => lower.toUpperCase()),
  "string.replace(string, string): string": (value, searched, by) => replace(value, searched, by, Infinity),
  "string.replace(string, string, integer): string": (value, searched, by, most) =>
    replace(value, searched, by, most < 0 ? Infinity : most),
  "string.split(string): list<string>": (value, separator) => split(value, separator, -1),
  "string.split(string, integer): list<string>": split,
  "list<string>.join(): string": (parts) => join(parts, ""),
  "list<string>.join(string): string": join,
  "string.trim(): string": trim,
  "string.reverse(): string": (value) => (ASCII.test(value) ? value.split("") : Array.from(value)).reverse().join(""),
  "list<T>.reverse(): list<T>": (list) => list.toReversed(),
  "pathSegment(string, integer): string": pathSegment,
};
