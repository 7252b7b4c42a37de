import { kindOf } from "@o2mc/schema/events/columns/column.ts";
import type { ExpressionNode } from "@o2mc/schema/expression/node.ts";
import type { CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import { RowCode } from "./row-code.ts";
import { runtime } from "./runtime.ts";
import { identity, type Selection, type Vector } from "./vector.ts";

/** An expression as straight-line loops over the columns of its fields. */
export interface ExpressionLoops {
  /** the columns to hand over, in this order */
  readonly fields: readonly string[];
  /** Values at `rows` of a batch of `n`; what stands at other rows is undefined. */
  readonly evaluate: (n: number, rows: Selection, columns: readonly Vector[]) => Vector;
  /** The rows of `rows` where the value is true. */
  readonly select: (n: number, rows: Selection, columns: readonly Vector[]) => Selection;
}

/**
 * Turns a checked expression into JavaScript. The source is built of this file's own words, operators and numbered
 * names only; literals and field names, the tenant's text, come in through parameter arrays and are never in the source.
 * A null operand gives a null result; `&&` and `||` are three-valued as CEL's absorption of errors is. Null is NaN among
 * numbers, which arithmetic passes on by itself, and null elsewhere. Integers have no negative zero, hence `0 - x` and
 * `+ 0`. What depends on one text alone, and costs more than a comparison, is computed once per distinct text.
 */
export function generate(expression: CheckedExpression): ExpressionLoops {
  const { ast, fields } = expression;
  const literals: unknown[] = [];
  const source =
    `"use strict";` +
    `return { evaluate(n, rows, columns) {${evaluateSource(ast, fields, literals)}},` +
    `select(n, rows, columns) {${selectSource(ast, fields, literals)}} };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the point of this file; see above for what the source holds
  const make = new Function("runtime", "identity", "k", source) as (
    r: typeof runtime,
    i: typeof identity,
    literals: readonly unknown[],
  ) => Omit<ExpressionLoops, "fields">;
  return { fields, ...make(runtime, identity, literals) };
}

const LOOP = "for (let r = 0; r < rows.length; r++) { const i = rows[r]; ";

function evaluateSource(ast: ExpressionNode, fields: readonly string[], literals: unknown[]): string {
  const code = new RowCode(fields, literals);
  const kind = ast.type === "null" ? "text" : kindOf(ast.type);
  if (kind === "text" && ast.kind !== "field" && code.oneText(ast) >= 0) {
    // its entries are the result's entries
    code.value(ast, ast.type, true);
    return `${code.head}${LOOP}${code.loop}} return { kind: "text", codes: c0, values: m0 };`;
  }
  const result = code.value(ast, ast.type);
  switch (kind) {
    case "text":
      return (
        `${code.head}const out = new Array(n);${LOOP}${code.loop} out[i] = ${result}; }` +
        `return { kind: "text", codes: identity(n), values: out };`
      );
    case "number":
      // false for NaN and the infinities, whose difference with themselves is NaN
      return (
        `${code.head}const out = new Float64Array(n);${LOOP}${code.loop} out[i] = ${result} - ${result} === 0 ? ${result} : NaN; }` +
        `return { kind: "number", values: out };`
      );
    case "flag":
      return (
        `${code.head}const out = new Uint8Array(n);${LOOP}${code.loop} out[i] = ${result} === null ? 2 : ${result} ? 1 : 0; }` +
        `return { kind: "flag", values: out };`
      );
  }
}

function selectSource(ast: ExpressionNode, fields: readonly string[], literals: unknown[]): string {
  const code = new RowCode(fields, literals);
  const truth = code.truth(ast);
  return (
    `${code.head}const out = new Uint32Array(rows.length); let m = 0;` +
    `${LOOP}${code.loop} if (${truth}) out[m++] = i; } return out.subarray(0, m);`
  );
}
