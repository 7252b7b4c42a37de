import type { OptionsOf } from "../../options/options-of.ts";
import { checkNewName } from "../columns.ts";
import { DefinitionError } from "../definition-error.ts";
import { stepSpec } from "../step-spec.ts";

export const sessionize = stepSpec({
  verb: "sessionize",
  makesRows: true,
  summary:
    "Groups the events of one subject into sessions by event time; one row when a session completes, with the columns " +
    "`session.start`, `session.end` (timestamp) and `session.events` (integer), then the sticky ones.",
  options: {
    gapSeconds: {
      kind: "integer",
      min: 1,
      max: 31 * 24 * 3600,
      unit: "seconds",
      description: "two events belong together when at most this lies between them",
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
  check({ sticky }, { columns, step, perSubject }) {
    if (!perSubject) {
      const message = `Step ${step} makes sessions of one subject each, but an earlier window has put subjects together.`;
      throw new DefinitionError("needs-subject", step, message);
    }
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
        ...kept,
      ],
      step,
    );
  },
});

export type SessionizeOptions = OptionsOf<typeof sessionize.options>;
