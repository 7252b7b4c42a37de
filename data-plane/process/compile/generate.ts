import { kindOf } from "@o2mc/schema/events/columns/column.ts";
import type { CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import { compileCode } from "./compile-code.ts";
import { RowCode } from "./row-code.ts";
import type { TextMemos } from "./text-memos.ts";
import type { Selection, Vector } from "./vector.ts";

/** An expression as straight-line loops over the columns of its fields. */
export interface ExpressionLoops {
  /** the columns to hand over, in this order */
  readonly fields: readonly string[];
  /** Values at `rows` of a batch of `n`; what stands at other rows is undefined. */
  readonly evaluate: (n: number, rows: Selection, columns: readonly Vector[], memos: TextMemos) => Vector;
  /** The rows of `rows` where the value is true. */
  readonly select: (n: number, rows: Selection, columns: readonly Vector[], memos: TextMemos) => Selection;
}

/**
 * Turns a checked expression into JavaScript. A null operand gives a null result; `&&` and `||` are three-valued as CEL's
 * absorption of errors is. Null is NaN among numbers, which arithmetic passes on by itself, and null elsewhere. Integers
 * have no negative zero, hence `0 - x` and `+ 0`. What depends on one text alone, and costs more than a comparison, is
 * computed once per distinct text of the batch.
 */
export function generate(expression: CheckedExpression): ExpressionLoops {
  const literals: unknown[] = [];
  const source =
    `return { evaluate(n, rows, columns, memos) {${evaluateSource(expression, literals)}},` +
    `select(n, rows, columns, memos) {${selectSource(expression, literals)}} };`;
  const loops = compileCode(source, literals) as Omit<ExpressionLoops, "fields">;
  return { fields: expression.fields, ...loops };
}

const LOOP = "for (let r = 0; r < rows.length; r++) { const i = rows[r]; ";

function evaluateSource({ ast, fields, type }: CheckedExpression, literals: unknown[]): string {
  const code = new RowCode(fields, literals);
  const kind = kindOf(type);
  if (kind === "text" && ast.kind !== "field" && code.oneText(ast) >= 0) {
    // its entries are the result's entries
    code.wholePerText(ast);
    return `${code.head}${LOOP}${code.loop}} return { kind: "text", codes: c0, values: m0 };`;
  }
  const result = code.value(ast, type);
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

function selectSource({ ast, fields }: CheckedExpression, literals: unknown[]): string {
  const code = new RowCode(fields, literals);
  const truth = code.truth(ast);
  return (
    `${code.head}const out = new Uint32Array(rows.length); let m = 0;` +
    `${LOOP}${code.loop} if (${truth}) out[m++] = i; } return out.subarray(0, m);`
  );
}
