import type { FieldType } from "../consent/policy.ts";
import type { ObjectSpec } from "../options/option.ts";
import type { OptionsOf } from "../options/options-of.ts";
import { checkNewName, type Column } from "./columns.ts";
import { DefinitionError } from "./definition-error.ts";
import { expectType } from "./expect-type.ts";
import type { Scope } from "./scope.ts";

export const MAX_DISTINCT = 100_000;

export const AGGREGATE = {
  kind: "object",
  name: "Aggregate",
  options: {
    as: { kind: "new-field", description: "its column" },
    kind: {
      kind: "words",
      name: "AggregateKind",
      words: {
        count: "how many rows",
        sum: "the sum of a number",
        avg: "the mean of a number",
        min: "the smallest number or the earliest timestamp",
        max: "the largest number or the latest timestamp",
        first: "the first value by event time; of two at the same time, by the order of the log",
        last: "the last value by event time; of two at the same time, by the order of the log",
        distinct: `how many different values, exactly; null beyond ${MAX_DISTINCT.toLocaleString("en")} of them`,
        estimate:
          "how many different values, by HyperLogLog: exact up to 64, beyond that with a standard error of 2.3 %, in 2 kB",
        quantile: "a quantile of a number by DDSketch: at most 1 % off the exact value",
        top:
          "the k values that came most often, by Space-Saving, as JSON text `[{value, count, error}]`; a count is at most " +
          "`error` too high, and exact as long as no more than 8 × k different values have come",
      },
      description:
        "what is computed; null values count for nothing but count, and of no value all but the counts are null",
    },
    field: { kind: "field", optional: true, description: "of what; count takes none, all others need one" },
    quantile: {
      kind: "number",
      min: 0,
      max: 1,
      optional: true,
      description: "needed by quantile: 0.5 = the median, 0.99 = the 99th percentile",
    },
    k: { kind: "integer", min: 1, max: 50, optional: true, description: "needed by top: how many values" },
  },
} as const satisfies ObjectSpec;

export type Aggregate = OptionsOf<typeof AGGREGATE.options>;

const NUMBERS: readonly FieldType[] = ["number", "integer"];
const ORDERED: readonly FieldType[] = [...NUMBERS, "timestamp"];

/** The type of an aggregate's column, given that of its field. */
export function aggregateType(kind: Aggregate["kind"], field: FieldType | undefined): FieldType {
  switch (kind) {
    case "count":
    case "distinct":
    case "estimate":
      return "integer";
    case "avg":
    case "quantile":
      return "number";
    case "top":
      return "string";
    case "sum":
    case "min":
    case "max":
    case "first":
    case "last":
      return field ?? "number";
  }
}

/** Its column, for whoever may see the field that it is made of. */
export function aggregateColumn({ as, kind, field, quantile, k }: Aggregate, { columns, step }: Scope): Column {
  const refuse = (message: string): DefinitionError =>
    new DefinitionError("invalid-option", step, `Step ${step}: ${message}.`);
  checkNewName(as, step);
  if ((quantile !== undefined) !== (kind === "quantile")) {
    throw refuse(
      kind === "quantile" ? `quantile ${as} needs to say which quantile` : `${kind} ${as} takes no quantile`,
    );
  }
  if ((k !== undefined) !== (kind === "top")) {
    throw refuse(kind === "top" ? `top ${as} needs a k` : `${kind} ${as} takes no k`);
  }
  if (field === undefined) {
    if (kind === "count") return { type: "integer", origins: columns.originsOf([], step) };
    throw refuse(`${kind} ${as} needs a field`);
  }
  if (kind === "count") throw refuse(`count ${as} counts rows and takes no field`);
  const { type, origins } = columns.read(field, step);
  if (kind === "sum" || kind === "avg" || kind === "quantile") expectType(field, type, NUMBERS, step, kind);
  if (kind === "min" || kind === "max") expectType(field, type, ORDERED, step, kind);
  return { type: aggregateType(kind, type), origins };
}
