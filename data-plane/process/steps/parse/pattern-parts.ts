import { compilePattern, groupOf } from "@o2mc/schema/pipeline/parse/pattern.ts";
import type { ParseOptions } from "@o2mc/schema/pipeline/steps/parse.ts";
import type { Parser } from "../../compile/node.ts";
import { convert } from "./convert.ts";

/** A pattern takes time in proportion to this and its size: a longer text is nothing of the kind. */
const MAX_TEXT = 8192;

export function patternParts(source: string, columns: NonNullable<ParseOptions["columns"]>): Parser["parse"] {
  const { regex, captures } = compilePattern(source);
  const groups = columns.map(({ as, from = as }) => groupOf(captures.indexOf(from)));
  return (text) => {
    if (text.length > MAX_TEXT) return undefined;
    const matcher = regex.matcher(text);
    if (!matcher.find()) return undefined;
    return columns.map(({ type }, i) => convert(matcher.group(groups[i] ?? "") ?? undefined, type));
  };
}
