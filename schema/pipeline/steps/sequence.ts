import type { FieldType } from "../../consent/policy.ts";
import type { OptionsOf } from "../../options/options-of.ts";
import { checkNewName, type Column } from "../columns.ts";
import { DefinitionError } from "../definition-error.ts";
import { expressionColumn } from "../expression-column.ts";
import type { Scope } from "../scope.ts";
import { stepSpec } from "../step-spec.ts";

const MAX_ELEMENTS = 16;
/** of one subject and key, at once */
export const MAX_PARTIAL_MATCHES = 100;

export const sequence = stepSpec({
  verb: "sequence",
  makesRows: true,
  summary:
    "Finds events of one subject that come one after the other within a time: A then B, A then B without C in between, A " +
    "without B, one or more A then B. One row a match, with the columns `match.start` and `match.end` (the times of its " +
    "first and last event), those of `by`, then `columns`. Events go by their own time, of two at the same time by the " +
    "order of the log; others may lie between them. Each event that can begin a match begins one, which takes the next " +
    "events that fit: one that fits a `without` ends it, one that fits the next element moves it on, and else one that " +
    "fits a repeated element joins it. A match that ends with `without` or `repeat` completes when its time is over. An " +
    "event behind the watermark is late, and so is one behind what an idle partition has completed; both are dead letters " +
    `(\`late\`). One subject and key has at most ${MAX_PARTIAL_MATCHES} matches begun: an event beyond that begins none ` +
    "and is counted as refused, but joins those that there are.",
  options: {
    by: {
      kind: "list",
      of: { kind: "field" },
      default: [],
      description:
        "columns that are equal in all events of a match, besides the subject; an event with a null in one is in none",
    },
    withinSeconds: {
      kind: "integer",
      min: 1,
      max: 31 * 24 * 3600,
      unit: "seconds",
      description: "how long after its first event the last one of a match may be, and how long `without` waits",
    },
    pattern: {
      kind: "list",
      of: {
        kind: "object",
        name: "SequenceElement",
        options: {
          name: { kind: "text", maxLength: 64, description: "what `columns` call it" },
          where: { kind: "expression", type: "boolean", description: "the events that fit it" },
          repeat: { kind: "flag", optional: true, description: "one or more of them" },
          without: {
            kind: "flag",
            optional: true,
            description: "none of them may come between its neighbours, or until the time is over at the end",
          },
        },
      },
      description: `what comes after what, at most ${MAX_ELEMENTS} elements`,
    },
    matches: {
      kind: "words",
      name: "SequenceMatches",
      words: {
        "non-overlapping":
          "a match uses up whatever its subject and key had begun until it completed; of two that complete at once the " +
          "one that began first counts",
        all: "one for each event that can begin one",
      },
      default: "non-overlapping",
      description: "which matches give a row",
    },
    columns: {
      kind: "list",
      of: {
        kind: "object",
        name: "SequenceColumn",
        options: {
          as: { kind: "new-field", description: "its name in the match's row" },
          of: { kind: "text", maxLength: 64, description: "the element of the pattern" },
          keep: {
            kind: "words",
            name: "SequenceKeep",
            words: {
              first: "the first value that is not null",
              last: "the last value that is not null",
              count: "how many events",
            },
            description: "what of the events that matched it",
          },
          field: { kind: "field", optional: true, description: "of what; count takes none, the others need one" },
        },
      },
      default: [],
      description: "what a match keeps of its events",
    },
  },
  example: {
    withinSeconds: 1800,
    pattern: [
      { name: "seen", where: "event.price > 100.0", repeat: true },
      { name: "paid", where: 'event.page.path == "/paid"', without: true },
    ],
    columns: [
      { as: "views", of: "seen", keep: "count" },
      { as: "price", of: "seen", keep: "last", field: "price" },
    ],
  },
  check(options, scope) {
    const { by, pattern } = options;
    const { columns, step, perSubject } = scope;
    if (!perSubject) {
      const message = `Step ${step} matches events of one subject each, but an earlier window has put subjects together.`;
      throw new DefinitionError("needs-subject", step, message);
    }
    checkPattern(options, scope);
    const groups = by.map((field) => [field, columns.read(field, step)] as const);
    // that there is a match, or none, tells of all that was asked
    const asked = pattern.map(({ where }) => expressionColumn(where, scope, "boolean").origins);
    columns.narrowRows(columns.originsOf(by, step));
    for (const origins of asked) columns.narrowRows(origins);
    const origins = columns.originsOf([], step);
    const kept = new Map(options.columns.map((column) => [column.as, keptColumn(column, options, scope)] as const));
    const types = sequenceColumns(options, (field) => columns.find(field, step).type);
    columns.restart(
      types.map(([name, type]) => {
        const tellsSubjects = groups.find(([field]) => field === name)?.[1].tellsSubjects === true;
        return [name, kept.get(name) ?? { type, origins, tellsSubjects }] as const;
      }),
      step,
    );
  },
});

export type SequenceOptions = OptionsOf<typeof sequence.options>;

/** The columns of its rows: those of the match, of `by`, and the kept ones last. */
export function sequenceColumns(
  { by, columns }: SequenceOptions,
  typeOf: (field: string) => FieldType,
): readonly (readonly [name: string, type: FieldType])[] {
  return [
    ["match.start", "timestamp"],
    ["match.end", "timestamp"],
    ...by.map((field) => [field, typeOf(field)] as const),
    ...columns.map(({ as, field }) => [as, field === undefined ? "integer" : typeOf(field)] as const),
  ];
}

function checkPattern({ pattern }: SequenceOptions, { step }: Scope): void {
  const refuse = (message: string): DefinitionError =>
    new DefinitionError("invalid-option", step, `Step ${step}: ${message}.`);
  const [first] = pattern;
  if (first === undefined) throw refuse("sequence.pattern names no event");
  if (pattern.length > MAX_ELEMENTS) throw refuse(`sequence.pattern has more than ${MAX_ELEMENTS} elements`);
  if (first.without === true) throw refuse("sequence.pattern begins with `without`: no event begins a match");
  const names = new Set<string>();
  for (const { name, repeat, without } of pattern) {
    if (names.has(name)) throw refuse(`sequence.pattern has two elements ${name}`);
    names.add(name);
    if (repeat === true && without === true) throw refuse(`${name} can't be both repeated and without`);
  }
}

function keptColumn(
  { as, of, keep, field }: SequenceOptions["columns"][number],
  { pattern }: SequenceOptions,
  { columns, step }: Scope,
): Column {
  const refuse = (message: string): DefinitionError =>
    new DefinitionError("invalid-option", step, `Step ${step}: ${message}.`);
  checkNewName(as, step);
  const element = pattern.find(({ name }) => name === of);
  if (element === undefined) throw refuse(`column ${as} is of ${of}, and sequence.pattern has no such element`);
  if (element.without === true) throw refuse(`column ${as} is of ${of}, of which a match has no event`);
  if (field === undefined) {
    if (keep !== "count") throw refuse(`${keep} ${as} needs a field`);
    return { type: "integer", origins: columns.originsOf([], step) };
  }
  if (keep === "count") throw refuse(`count ${as} counts events and takes no field`);
  const { type, origins } = columns.read(field, step);
  return { type, origins };
}
