import fc from "fast-check";
import { foldExpression } from "@o2mc/data-plane/process/compile/fold.ts";
import { generate } from "@o2mc/data-plane/process/compile/generate.ts";
import { TextMemos } from "@o2mc/data-plane/process/compile/text-memos.ts";
import { vectorOf, type Vector } from "@o2mc/data-plane/process/compile/vector.ts";
import { cellAt, columnOf } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { checkExpression, type CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import { oracle } from "./oracle.ts";
import { COLUMNS, program, reals, texts, times, wholes, type Program } from "./program.ts";

const PROGRAM_ROWS = 30;

type Row = Readonly<Record<string, Scalar>>;

/** Few distinct texts, so that dictionaries have entries that several rows share. */
const row: fc.Arbitrary<Row> = fc.record({
  s: fc.option(texts, { freq: 6 }),
  "t.u": fc.option(fc.constantFrom("a", "ab", "a,b", "7"), { freq: 4 }),
  n: fc.option(reals, { freq: 6 }),
  m: fc.option(reals, { freq: 3 }),
  i: fc.option(wholes, { freq: 6 }),
  j: fc.option(wholes, { freq: 3 }),
  b: fc.option(fc.boolean(), { freq: 4 }),
  w: fc.option(times, { freq: 6 }),
});
const frame = fc.tuple(fc.array(row, { minLength: PROGRAM_ROWS, maxLength: PROGRAM_ROWS }), fc.constantFrom(1, 2, 3));

export interface ExpressionsFuzzed {
  /** programs × rows */
  readonly cases: number;
  /** of them, how many were not null */
  readonly values: number;
}

/**
 * Generated programs over generated frames give what the library's own evaluator gives row by row: as a column and as a
 * filter, with constants folded and without, over all rows of a frame or some.
 */
export function fuzzExpressions(cases: number, seed: number): ExpressionsFuzzed {
  let values = 0;
  let done = 0;
  const property = fc.property(program, frame, (written, [rows, stride]) => {
    const chosen = Uint32Array.from(rows.keys()).filter((i) => i % stride === 0);
    const expected = expectedOf(written, rows, chosen);
    const checked = checkExpression(written.ours, COLUMNS);
    const memos = new TextMemos();
    const columns = new Map([...COLUMNS].map(([path]) => [path, vectorFor(path, rows)]));
    for (const variant of [foldExpression(checked), checked]) {
      compare(written, variant, columns, chosen, rows.length, expected, memos);
    }
    values += expected.filter((value) => value !== null).length;
    done += chosen.length;
  });
  fc.assert(property, { seed, numRuns: Math.ceil((cases / PROGRAM_ROWS) * 1.64) });
  return { cases: done, values };
}

function expectedOf({ oracle: source }: Program, rows: readonly Row[], chosen: Uint32Array): readonly Scalar[] {
  const evaluate = oracle(source);
  return Array.from(chosen, (i) => evaluate(rows[i] ?? {}));
}

function vectorFor(path: string, rows: readonly Row[]): Vector {
  return vectorOf(
    columnOf(
      COLUMNS.get(path) ?? "string",
      rows.map((each) => each[path] ?? null),
    ),
    rows.length,
  );
}

function compare(
  { ours }: Program,
  checked: CheckedExpression,
  columns: ReadonlyMap<string, Vector>,
  chosen: Uint32Array,
  n: number,
  expected: readonly Scalar[],
  memos: TextMemos,
): void {
  const loops = generate(checked);
  const inputs = loops.fields.flatMap((path) => columns.get(path) ?? []);
  const column = loops.evaluate(n, chosen, inputs, memos);
  chosen.forEach((i, k) => {
    const value = cellAt(column, i);
    if (!Object.is(value, expected[k])) throw new Error(`${ours}\ngives ${value}, not ${expected[k]}`);
  });
  if (checked.type !== "boolean") return;
  const selected = [...loops.select(n, chosen, inputs, memos)].join(",");
  const wanted = [...chosen].filter((_, k) => expected[k] === true).join(",");
  if (selected !== wanted) throw new Error(`${ours}\nselects ${selected}, not ${wanted}`);
}
