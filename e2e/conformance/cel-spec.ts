import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cellAt, columnOf } from "@o2mc/schema/events/columns/column.ts";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { checkExpression, ExpressionError, type CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import { foldExpression } from "@o2mc/data-plane/process/compile/fold.ts";
import { generate } from "@o2mc/data-plane/process/compile/generate.ts";
import { TextMemos } from "@o2mc/data-plane/process/compile/text-memos.ts";
import { vectorOf } from "@o2mc/data-plane/process/compile/vector.ts";
import { celText } from "./cel-text.ts";
import { readTextProto, type Message, type Value } from "./text-proto.ts";

/**
 * `npm run conformance:cel -- FOLDER [-v]`: runs CEL's own conformance tests, the folder `tests/simple/testdata` of
 * github.com/google/cel-spec, which is not kept here. What the checker refuses is not supported; with -v it says what.
 */
const [folder = "", option] = process.argv.slice(2);
const total = { passed: 0, failed: 0, meant: 0, refused: 0 };

/** Differences that FUNCTIONS.md declares: what is no number is null, and time goes by milliseconds. */
const MEANT = new Set([
  ...["not_eq_double_nan", "not_ne_double_nan", "ne_double_nan"].map((name) => `comparisons.textproto ${name}`),
  ...["false", "false_nan"].map((name) => `math_ext.textproto ${name}`),
  ...[
    "toString_timestamp_nanos",
    "add_time_to_duration_nanos_negative",
    "add_time_to_duration_nanos_positive",
    "add_duration_nanos_over",
    "add_duration_nanos_under",
  ].map((name) => `timestamps.textproto ${name}`),
]);
const refusals = new Map<string, number>();

for (const file of readdirSync(folder).filter((name) => name.endsWith(".textproto"))) {
  const tests = messages(readTextProto(readFileSync(join(folder, file), "utf8")).get("section")).flatMap((section) =>
    messages(section.get("test")),
  );
  const count = { passed: 0, failed: 0, meant: 0, refused: 0 };
  for (const test of tests) count[run(file, test)]++;
  for (const key of ["passed", "failed", "meant", "refused"] as const) total[key] += count[key];
  process.stdout.write(`${line(file, count)}\n`);
}
process.stdout.write(`${line("all", total)}\n`);
if (option === "-v") {
  for (const [why, n] of [...refusals].toSorted((a, b) => b[1] - a[1])) process.stdout.write(`${n} × ${why}\n`);
}
process.exitCode = total.failed === 0 ? 0 : 1;

function line(name: string, { passed, failed, meant, refused }: typeof total): string {
  return `${name.padEnd(28)} passed ${passed}, failed ${failed}, differ as declared ${meant}, not supported ${refused}`;
}

function run(file: string, test: Message): keyof typeof total {
  const expression = text(test.get("expr"));
  const bindings = messages(test.get("bindings")).map(
    (each) => [text(each.get("key")), messages(each.get("value"))[0]?.get("value")?.[0]] as const,
  );
  const wanted = expectation(test);
  const columns = new Map<string, Cell>();
  for (const [name, value] of bindings) {
    const cell = value instanceof Map ? cellOf(value as Message) : undefined;
    if (cell !== undefined) columns.set(name, cell);
  }
  const source = [...columns.keys()].reduce(
    (whole, name) => whole.replace(new RegExp(`(?<![\\w.'"])${name}(?![\\w'"])`, "g"), `event["${name}"]`),
    expression,
  );
  if (wanted === undefined || columns.size < bindings.length) return refuse("values that columns do not hold");
  if (test.has("container") || [...columns.keys()].some((name) => !/^(?!(?:true|false|null)$)\w+$/.test(name))) {
    return refuse("names that are resolved in a container, or escaped");
  }
  let checked: CheckedExpression;
  try {
    checked = checkExpression(
      wanted === "null" ? `(${source}) == null` : `(${source}) == (${wanted})`,
      new Map([...columns].map(([name, { type }]) => [name, type])),
    );
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refuse(`${error.code} ${error.message.split("\n")[0]}`);
  }
  const results = [checked, foldExpression(checked)].map((each) => evaluate(each, columns));
  if (results.every((result) => result === true)) return "passed";
  if (MEANT.has(`${file} ${text(test.get("name"))}`)) return "meant";
  process.stdout.write(`  ${file} ${text(test.get("name"))}: ${source} is not ${wanted}\n`);
  return "failed";
}

interface Cell {
  readonly type: FieldType;
  readonly value: Scalar;
}

function evaluate(checked: CheckedExpression, columns: ReadonlyMap<string, Cell>): Scalar {
  const loops = generate(checked);
  const inputs = loops.fields.map((path) => {
    const { type = "string", value = null } = columns.get(path) ?? {};
    return vectorOf(columnOf(type, [value]), 1);
  });
  return cellAt(loops.evaluate(1, Uint32Array.of(0), inputs, new TextMemos()), 0);
}

function refuse(why: string): "refused" {
  refusals.set(why, (refusals.get(why) ?? 0) + 1);
  return "refused";
}

/** As an expression; an error is null with us. */
function expectation(test: Message): string | undefined {
  if (test.has("eval_error") || test.has("any_eval_errors")) return "null";
  const [value] = messages(test.get("value") ?? messages(test.get("typed_result"))[0]?.get("result"));
  return value === undefined ? "true" : celText(value);
}

function cellOf(value: Message): Cell | undefined {
  const [[kind, [given]] = ["", [undefined]]] = [...value] as [string, readonly Value[]][];
  const word = typeof given === "object" && "word" in given ? given.word : "";
  switch (kind) {
    case "string_value":
      return { type: "string", value: typeof given === "string" ? given : "" };
    case "bool_value":
      return { type: "boolean", value: word === "true" };
    case "double_value":
      return { type: "number", value: Number(word) };
    case "int64_value":
      return Number.isSafeInteger(Number(word)) ? { type: "integer", value: Number(word) } : undefined;
    default:
      return undefined;
  }
}

function text(values: readonly Value[] | undefined): string {
  const [value] = values ?? [];
  return typeof value === "string" ? value : "";
}

function messages(values: readonly Value[] | undefined): readonly Message[] {
  return (values ?? []).filter((value) => value instanceof Map) as readonly Message[];
}
