import type { RE2JS } from "re2js";
import type { regex } from "@o2mc/schema/expression/functions/regex.ts";
import { boundedList, boundedText } from "../limits.ts";
import type { Implementations } from "./implementation.ts";

type Matcher = ReturnType<RE2JS["matcher"]>;

const REFERENCE = /\\(.?)/gsu;

/** The one group, or the whole. */
const captured = (matcher: Matcher): string | null => matcher.group(matcher.groupCount() === 0 ? 0 : 1) ?? null;

function extract(text: string, pattern: RE2JS): string | null {
  const matcher = pattern.matcher(text);
  return matcher.find() ? captured(matcher) : null;
}

function extractAll(text: string, pattern: RE2JS): readonly string[] {
  const matcher = pattern.matcher(text);
  const found: string[] = [];
  while (matcher.find()) {
    const value = captured(matcher);
    if (value !== null) found.push(value);
    boundedList(found);
  }
  return found;
}

function replace(text: string, pattern: RE2JS, by: string, most: number): string | null {
  const matcher = pattern.matcher(text);
  if (!isReplacement(by, matcher.groupCount())) return null;
  let out = "";
  let from = 0;
  for (let n = 0; n < most && matcher.find(); n++) {
    out += text.slice(from, matcher.start());
    out += by.replace(REFERENCE, (_, c: string) => (c === "\\" ? "\\" : (matcher.group(Number(c)) ?? "")));
    boundedText(out.length);
    from = matcher.end();
  }
  boundedText(out.length + text.length - from);
  return out + text.slice(from);
}

function isReplacement(by: string, groups: number): boolean {
  return [...by.matchAll(REFERENCE)].every(([, c = ""]) => c === "\\" || (/^\d$/.test(c) && Number(c) <= groups));
}

const matches = (text: string, pattern: RE2JS): boolean => pattern.matcher(text).find();

export const REGEX: Implementations<(typeof regex)["functions"][number]["signatures"][number]> = {
  "string.matches(pattern): boolean": matches,
  "matches(string, pattern): boolean": matches,
  "regex.extract(string, pattern): string": extract,
  "regex.extractAll(string, pattern): list<string>": extractAll,
  "regex.replace(string, pattern, string): string": (text, pattern, by) => replace(text, pattern, by, Infinity),
  "regex.replace(string, pattern, string, integer): string": (text, pattern, by, most) =>
    replace(text, pattern, by, most < 0 ? Infinity : most),
};
