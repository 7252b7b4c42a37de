import type { OptionsOf } from "../../options/options-of.ts";
import { checkNewName } from "../columns.ts";
import { DefinitionError } from "../definition-error.ts";
import { stepSpec } from "../step-spec.ts";

export const sessionize = stepSpec({
  verb: "sessionize",
  makesRows: true,
  summary:
    "Groups the events of one subject into sessions by event time; one row when a session completes, with the columns " +
    "`session.start`, `session.end` (timestamp) and `session.events` (integer), then the sticky ones. A result's id is the " +
    "same in every replay.",
  options: {
    gapSeconds: {
      kind: "integer",
      min: 1,
      max: 31 * 24 * 3600,
      unit: "seconds",
      description: "two events belong together when at most this lies between them",
    },
    maxSeconds: {
      kind: "integer",
      min: 1,
      max: 31 * 24 * 3600,
      unit: "seconds",
      optional: true,
      description: "how long a session is at most: an event that would make it longer begins another one",
    },
    cutOn: {
      kind: "list",
      of: { kind: "field" },
      optional: true,
      description:
        "fields of which a session has one value, such as the campaign: an event with another one that is not null begins " +
        "another session. An event that comes out of order does not part what its session already has",
    },
    updates: {
      kind: "flag",
      optional: true,
      description:
        "a row for each event, too, with the session as it is by then, under the id of its last row; `session.final` is true " +
        "in the last one. One that turns out to be part of an earlier session ends with `session.events` 0",
    },
    sticky: {
      kind: "list",
      of: {
        kind: "object",
        name: "Sticky",
        options: {
          field: { kind: "field", description: "the column whose value is kept" },
          keep: {
            kind: "words",
            name: "Keep",
            words: {
              first: "the first value that is not null, by event time",
              last: "the last value that is not null, by event time",
            },
            description: "which value; of two at the same time, by the order of the log",
          },
          as: { kind: "new-field", description: "its name in the session's row" },
        },
      },
      default: [],
      description: "values of the events that their session keeps",
    },
  },
  example: { gapSeconds: 1800, sticky: [{ field: "page.path", keep: "first", as: "entry" }] },
  check({ sticky, cutOn = [], updates }, { columns, step, perSubject }) {
    if (!perSubject) {
      const message = `Step ${step} makes sessions of one subject each, but an earlier window has put subjects together.`;
      throw new DefinitionError("needs-subject", step, message);
    }
    // which sessions there are tells of the fields that parted them
    columns.narrowRows(columns.originsOf(cutOn, step));
    const origins = columns.originsOf([], step);
    const kept = sticky.map(({ field, as }) => {
      checkNewName(as, step);
      const column = columns.read(field, step);
      return [as, { type: column.type, origins: column.origins }] as const;
    });
    columns.restart(
      [
        ["session.start", { type: "timestamp", origins }],
        ["session.end", { type: "timestamp", origins }],
        ["session.events", { type: "integer", origins }],
        ...(updates === true ? [["session.final", { type: "boolean", origins }] as const] : []),
        ...kept,
      ],
      step,
    );
  },
});

export type SessionizeOptions = OptionsOf<typeof sessionize.options>;
