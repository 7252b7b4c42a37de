import { columnsOf, type ParseOptions } from "@o2mc/schema/pipeline/steps/parse.ts";
import type { Scope } from "../../compile/scope.ts";
import { parserOf } from "./parser-of.ts";

export function planParse(options: ParseOptions, scope: Scope): void {
  const { field, format, columns, delimiter, pattern, failed } = options;
  const text = scope.read(field);
  const parser = { key: JSON.stringify(["parse", format, columns, delimiter, pattern]), parse: parserOf(options) };
  if (failed === "dead-letter") scope.filter(scope.part(parser, undefined, text, "boolean"));
  scope.set(columnsOf(options).map(({ name, type }, i) => [name, scope.part(parser, i, text, type)] as const));
}
