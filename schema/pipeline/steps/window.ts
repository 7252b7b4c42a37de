import type { OptionsOf } from "../../options/options-of.ts";
import { checkNewName, type Column } from "../columns.ts";
import { DefinitionError } from "../definition-error.ts";
import { expectType } from "../expect-type.ts";
import type { Scope } from "../scope.ts";
import { stepSpec } from "../step-spec.ts";

export const window = stepSpec({
  verb: "window",
  makesRows: true,
  summary:
    "Tumbling windows by event time, aligned to the epoch; one row a window and group when the watermark passes its " +
    "end, with the columns `window.start` and `window.end`, those of `by`, then the aggregates. Late events are counted.",
  options: {
    sizeSeconds: {
      kind: "integer",
      min: 1,
      max: 31 * 24 * 3600,
      unit: "seconds",
      description: "length of a window",
    },
    by: {
      kind: "list",
      of: { kind: "field" },
      default: [],
      description: "one group for each set of values; without $subject among them the application needs one partition",
    },
    aggregates: {
      kind: "list",
      of: {
        kind: "object",
        name: "Aggregate",
        options: {
          as: { kind: "new-field", description: "its column" },
          kind: {
            kind: "words",
            name: "AggregateKind",
            words: {
              count: "how many rows",
              sum: "the sum of a number; null is left out",
              distinct: "how many different values; null is none",
            },
            description: "what is computed",
          },
          field: { kind: "field", optional: true, description: "needed by sum and distinct; count takes none" },
        },
      },
      description: "what is computed of the rows of a group",
    },
  },
  example: { sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "views", kind: "count" }] },
  check({ by, aggregates }, scope) {
    const { columns, step } = scope;
    const groups = by.map((field) => [field, columns.read(field, step)] as const);
    const perSubject = groupsBySubject(groups, scope);
    // which groups there are tells of the fields that made them
    columns.narrowRows(columns.originsOf(by, step));
    const origins = columns.originsOf([], step);
    const computed = aggregates.map((aggregate) => {
      checkNewName(aggregate.as, step);
      return [aggregate.as, aggregateColumn(aggregate, scope)] as const;
    });
    columns.restart(
      [
        ["window.start", { type: "timestamp", origins }],
        ["window.end", { type: "timestamp", origins }],
        ...groups.map(
          ([name, { type, tellsSubjects }]) =>
            [name, { type, origins, tellsSubjects: tellsSubjects === true }] as const,
        ),
        ...computed,
      ],
      step,
    );
    scope.perSubject = scope.perSubject && perSubject;
  },
});

export type WindowOptions = OptionsOf<typeof window.options>;
export type Aggregate = WindowOptions["aggregates"][number];

function groupsBySubject(groups: readonly (readonly [string, Column])[], { partitions, step }: Scope): boolean {
  const subject = groups.find(([field]) => field === "$subject")?.[1];
  if (subject !== undefined && subject.tellsSubjects !== true) {
    const message = `Step ${step} groups by $subject, but an earlier anonymize has made subjects alike.`;
    throw new DefinitionError("needs-subject", step, message);
  }
  if (subject === undefined && partitions !== 1) {
    throw new DefinitionError(
      "needs-one-partition",
      step,
      `Step ${step} puts events of several subjects together, which needs an application with one partition; ` +
        `this one has ${partitions}. Add $subject to window.by, or set the application's partitions to 1.`,
    );
  }
  return subject !== undefined;
}

function aggregateColumn({ as, kind, field }: Aggregate, { columns, step }: Scope): Column {
  if (field === undefined) {
    if (kind === "count") return { type: "integer", origins: columns.originsOf([], step) };
    throw new DefinitionError("invalid-option", step, `Step ${step}: ${kind} ${as} needs a field.`);
  }
  if (kind === "count") {
    throw new DefinitionError("invalid-option", step, `Step ${step}: count ${as} counts rows and takes no field.`);
  }
  const { type, origins } = columns.read(field, step);
  if (kind === "distinct") return { type: "integer", origins };
  expectType(field, type, ["number", "integer"], step, "sum");
  return { type, origins };
}
