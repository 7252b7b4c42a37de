import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt, columnOf } from "@o2mc/schema/events/columns/column.ts";
import { FUNCTIONS } from "@o2mc/schema/expression/functions/functions.ts";
import { MACROS } from "@o2mc/schema/expression/macros.ts";
import { checkExpression } from "@o2mc/schema/expression/parse.ts";
import { expect, it } from "vitest";
import { foldExpression } from "../fold.ts";
import { generate } from "../generate.ts";
import { TextMemos } from "../text-memos.ts";
import { vectorOf } from "../vector.ts";

const COLUMNS = new Map<string, FieldType>([["t", "string"]]);

const EXAMPLES = [...FUNCTIONS.flatMap(({ functions }) => functions), ...MACROS].flatMap(({ name, examples }) =>
  examples.map(([expression, value]) => [name, expression, value] as const),
);

/** What the expression gives for one row, whose only column holds `t`. */
function valueOf(source: string, t: string, isFolded: boolean) {
  const checked = checkExpression(source, COLUMNS);
  const loops = generate(isFolded ? foldExpression(checked) : checked);
  const columns = loops.fields.map(() => vectorOf(columnOf("string", [t]), 1));
  return cellAt(loops.evaluate(1, Uint32Array.of(0), columns, new TextMemos()), 0);
}

const testOf = (expression: string, value: string) => `(${expression}) == ${value === "null" ? "null" : `(${value})`}`;

it.each(EXAMPLES)("%s: %s is %s", (_, expression, value) => {
  const test = testOf(expression, value);
  expect(foldExpression(checkExpression(test, COLUMNS)).ast).toMatchObject({ kind: "literal", value: true });
  expect(valueOf(test, "", false)).toBe(true);
});

// once more with the first text in a column
it.each(
  EXAMPLES.filter(([, expression]) => /"[^"]*"/.test(expression) && !/(matches|regex|json|date)/.test(expression)),
)("%s: %s is %s of a field", (_, expression, value) => {
  const text = /"(?:[^"\\]|\\.)*"/.exec(expression)?.[0] ?? '""';
  const read = expression.replace(text, () => "event.t");
  expect(valueOf(testOf(read, value), JSON.parse(text) as string, true)).toBe(true);
});
