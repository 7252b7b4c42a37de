import type { FieldType } from "../../consent/policy.ts";
import type { OptionsOf } from "../../options/options-of.ts";
import { AGGREGATE, aggregateColumn, aggregateType } from "../aggregate.ts";
import type { Column } from "../columns.ts";
import { DefinitionError } from "../definition-error.ts";
import { pushOutput } from "../push-output.ts";
import type { Scope } from "../scope.ts";
import { stepSpec } from "../step-spec.ts";
import { isTimeZone } from "../time-zone.ts";

const LONGEST = 31 * 24 * 3600;
/** of sliding windows that one row is in */
const MAX_OVERLAP = 100;

export const window = stepSpec({
  verb: "window",
  makesRows: true,
  summary:
    "Computes aggregates of the rows of each window of event time and group. One row a window and group when the watermark " +
    "passes its end, with the columns `window.start` and `window.end`, those of `by`, then the aggregates; with " +
    "`earlySeconds` also rows before that, under the same result id, and `window.final` tells them apart. Rows that come " +
    "for a completed window are late: they go to the dead letters, or to `lateOutput`. Erasure removes windows whose `by` " +
    "has $subject; of others it leaves the aggregates, which hold values of several subjects: min, max, first, last, " +
    "distinct and top as they are, for as long as the window is open.",
  options: {
    kind: {
      kind: "words",
      name: "WindowKind",
      words: {
        tumbling: "one after the other, `sizeSeconds` long, aligned to the epoch",
        sliding: "`sizeSeconds` long, one beginning every `everySeconds`; a row is in several",
        session:
          "as long as rows of a group come with at most `gapSeconds` between two; `window.start` and `window.end` are the " +
          "times of its first and last row",
        calendar: "days, weeks (from Monday), months, quarters or years as clocks in `timeZone` show them",
      },
      optional: true,
      description: "what windows there are; tumbling when left out",
    },
    sizeSeconds: {
      kind: "integer",
      min: 1,
      max: LONGEST,
      unit: "seconds",
      optional: true,
      description: "length of a tumbling or sliding window",
    },
    everySeconds: {
      kind: "integer",
      min: 1,
      max: LONGEST,
      unit: "seconds",
      optional: true,
      description: `sliding: how often a window begins; at least a ${MAX_OVERLAP}th of sizeSeconds`,
    },
    gapSeconds: {
      kind: "integer",
      min: 1,
      max: LONGEST,
      unit: "seconds",
      optional: true,
      description: "session: two rows belong together when at most this lies between them",
    },
    unit: {
      kind: "words",
      name: "CalendarUnit",
      words: {
        day: "from midnight",
        week: "from Monday",
        month: "from the first",
        quarter: "from the first of January, April, July and October",
        year: "from the first of January",
      },
      optional: true,
      description: "calendar: what a window is",
    },
    timeZone: {
      kind: "text",
      maxLength: 64,
      format: { fits: isTimeZone, says: "a time zone such as Europe/Amsterdam" },
      optional: true,
      description: "calendar: whose clocks, an IANA name",
    },
    by: {
      kind: "list",
      of: { kind: "field" },
      default: [],
      description: "one group for each set of values; without $subject among them the application needs one partition",
    },
    aggregates: { kind: "list", of: AGGREGATE, description: "what is computed of the rows of a group" },
    latenessSeconds: {
      kind: "integer",
      min: 0,
      max: LONGEST,
      unit: "seconds",
      optional: true,
      description: "how long a window waits for late rows after the watermark has passed its end; 0 when left out",
    },
    lateOutput: {
      kind: "text",
      optional: true,
      description:
        "an output for late rows instead of the dead letters, with those of their columns that the step reads and $time",
    },
    earlySeconds: {
      kind: "integer",
      min: 1,
      max: LONGEST,
      unit: "seconds",
      optional: true,
      description:
        "a row, too, of each window that has changed whenever the watermark passes a multiple of this; `window.final` is " +
        "false in these and true in the last one. Not for session windows: sessionize has updates",
    },
  },
  example: { sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "views", kind: "count" }] },
  check(options, scope) {
    const { by, aggregates, lateOutput } = options;
    const { columns, step } = scope;
    checkKind(options, scope);
    const groups = by.map((field) => [field, columns.read(field, step)] as const);
    const perSubject = groupsBySubject(groups, scope);
    if (lateOutput !== undefined) pushOutput(lateOutput, lateColumns(options, columns.names()), scope);
    // which groups there are tells of the fields that made them
    columns.narrowRows(columns.originsOf(by, step));
    const origins = columns.originsOf([], step);
    const computed = new Map(aggregates.map((aggregate) => [aggregate, aggregateColumn(aggregate, scope)] as const));
    const types = windowColumns(options, (field) => columns.find(field, step).type);
    columns.restart(
      types.map(([name, type], i) => {
        const group = groups.find(([field]) => field === name);
        const aggregate = aggregates[i - (types.length - aggregates.length)];
        const of = aggregate === undefined ? undefined : computed.get(aggregate);
        return [name, of ?? { type, origins, tellsSubjects: group?.[1].tellsSubjects === true }] as const;
      }),
      step,
    );
    scope.perSubject = scope.perSubject && perSubject;
  },
});

export type WindowOptions = OptionsOf<typeof window.options>;

/** The columns of its rows: those of the window, of `by`, and of the aggregates last. */
export function windowColumns(
  { by, aggregates, earlySeconds }: WindowOptions,
  typeOf: (field: string) => FieldType,
): readonly (readonly [name: string, type: FieldType])[] {
  return [
    ["window.start", "timestamp"],
    ["window.end", "timestamp"],
    ...(earlySeconds === undefined ? [] : [["window.final", "boolean"] as const]),
    ...by.map((field) => [field, typeOf(field)] as const),
    ...aggregates.map(
      ({ as, kind, field }) => [as, aggregateType(kind, field === undefined ? undefined : typeOf(field))] as const,
    ),
  ];
}

/** Of its late rows, those of the columns that there are. */
export function lateColumns({ by, aggregates }: WindowOptions, columns: readonly string[]): readonly string[] {
  const time = columns.includes("$time") ? ["$time"] : [];
  return [...new Set([...time, ...by, ...aggregates.flatMap(({ field }) => (field === undefined ? [] : [field]))])];
}

/** What each kind is given, of the options that are not for all. */
const NEEDS = {
  tumbling: ["sizeSeconds"],
  sliding: ["sizeSeconds", "everySeconds"],
  session: ["gapSeconds"],
  calendar: ["unit", "timeZone"],
} as const;
const KIND_OPTIONS = ["sizeSeconds", "everySeconds", "gapSeconds", "unit", "timeZone"] as const;

function checkKind(options: WindowOptions, { step }: Scope): void {
  const { kind = "tumbling", sizeSeconds = 0, everySeconds = Infinity, earlySeconds } = options;
  const refuse = (message: string): DefinitionError =>
    new DefinitionError("invalid-option", step, `Step ${step}: ${message}.`);
  const needs: readonly string[] = NEEDS[kind];
  for (const name of KIND_OPTIONS) {
    if (needs.includes(name) && options[name] === undefined) throw refuse(`a ${kind} window needs ${name}`);
    if (!needs.includes(name) && options[name] !== undefined) throw refuse(`a ${kind} window takes no ${name}`);
  }
  if (sizeSeconds > everySeconds * MAX_OVERLAP) {
    throw refuse(`a row would be in more than ${MAX_OVERLAP} windows; raise everySeconds or lower sizeSeconds`);
  }
  if (kind === "sliding" && everySeconds > sizeSeconds) throw refuse("everySeconds is more than sizeSeconds");
  if (kind === "session" && earlySeconds !== undefined) throw refuse("a session window takes no earlySeconds");
}

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
