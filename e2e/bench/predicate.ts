import { columnOf } from "@o2mc/schema/events/columns/column.ts";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { checkExpression } from "@o2mc/schema/expression/parse.ts";
import { foldExpression } from "@o2mc/data-plane/process/compile/fold.ts";
import { generate } from "@o2mc/data-plane/process/compile/generate.ts";
import { TextMemos } from "@o2mc/data-plane/process/compile/text-memos.ts";
import { identity, vectorOf, type Selection, type Vector } from "@o2mc/data-plane/process/compile/vector.ts";
import { measurement, median, perCpuSecond, type Benchmark } from "./measurement.ts";

const FRAME = 500;
const FRAMES = 200;
const PASSES = 40;
const ROUNDS = 7;

const TYPES = new Map<string, FieldType>([
  ["price", "number"],
  ["quantity", "integer"],
  ["country", "string"],
  ["path", "string"],
  ["member", "boolean"],
]);
const PREDICATE =
  'event.price > 20.0 && event.price * double(event.quantity) < 1500.0 && (event.country == "NL" || event.member) && ' +
  'event.path.startsWith("/products/")';

/** A generated predicate against a loop that somebody wrote by hand over the same columns; rounds in turn. */
export const predicate: Benchmark = {
  names: ["expr.predicate"],
  apart: true,
  run: () => {
    const loops = generate(foldExpression(checkExpression(PREDICATE, TYPES, "boolean")));
    const frames = Array.from({ length: FRAMES }, (_, k) => frameOf(k, loops.fields));
    const count = (select: (columns: readonly Vector[]) => Selection) => {
      let selected = 0;
      for (let pass = 0; pass < PASSES; pass++) for (const frame of frames) selected += select(frame).length;
      return selected;
    };
    const generated = (columns: readonly Vector[]) => loops.select(FRAME, identity(FRAME), columns, new TextMemos());
    const ours: number[] = [];
    const byHand: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      let [a, b] = [0, 0];
      const fast = perCpuSecond(FRAME * FRAMES * PASSES, () => (a = count(generated)));
      const yardstick = perCpuSecond(FRAME * FRAMES * PASSES, () => (b = count(handWritten)));
      if (a !== b || a === 0) throw new Error(`${a} rows, and ${b} by hand`);
      if (round === 0) continue;
      ours.push(fast);
      byHand.push(yardstick);
    }
    return Promise.resolve([measurement("expr.predicate", median(ours), "rows/s", "the same by hand", median(byHand))]);
  },
};

/** In the order of the fields in `PREDICATE`; null is NaN, null or 2. */
function handWritten([price, quantity, country, member, path]: readonly Vector[]): Selection {
  if (price?.kind !== "number" || quantity?.kind !== "number" || member?.kind !== "flag") throw new Error("columns");
  if (country?.kind !== "text" || path?.kind !== "text") throw new Error("columns");
  const rows = identity(FRAME);
  const out = new Uint32Array(rows.length);
  let m = 0;
  for (const i of rows) {
    const amount = price.values[i] as number;
    if (!(amount > 20 && amount * (quantity.values[i] as number) < 1500)) continue;
    if (country.values[country.codes[i] as number] !== "NL" && member.values[i] !== 1) continue;
    if (path.values[path.codes[i] as number]?.startsWith("/products/") === true) out[m++] = i;
  }
  return out.subarray(0, m);
}

function frameOf(frame: number, fields: readonly string[]): readonly Vector[] {
  return fields.map((field) =>
    vectorOf(
      columnOf(
        TYPES.get(field) ?? "string",
        Array.from({ length: FRAME }, (_, i) => cell(field, Math.imul(frame * FRAME + i + 1, 2654435761) >>> 0)),
      ),
      FRAME,
    ),
  );
}

function cell(field: string, random: number): Scalar {
  const roll = random % 100;
  switch (field) {
    case "price":
      return roll === 0 ? null : (random % 20_000) / 100;
    case "quantity":
      return 1 + (random % 9);
    case "country":
      return ["NL", "BE", "DE", "FR", null][random % 5] ?? null;
    case "member":
      return roll < 2 ? null : roll < 30;
    default:
      return `/${roll < 60 ? "products" : "help"}/${random % 50}`;
  }
}
