import type { OptionsOf } from "../../options/options-of.ts";
import { stepSpec } from "../step-spec.ts";

export const rename = stepSpec({
  verb: "rename",
  summary: "Renames columns, one after the other; the purposes that may see them go along.",
  options: {
    fields: {
      kind: "list",
      of: {
        kind: "object",
        name: "RenameField",
        options: {
          from: { kind: "field", description: "the column" },
          to: { kind: "new-field", description: "its new name, which no other column has" },
        },
      },
      description: "old and new names",
    },
  },
  example: { fields: [{ from: "page.path", to: "path" }] },
  check({ fields }, { columns, step }) {
    for (const { from, to } of fields) {
      const { type, origins, whole } = columns.read(from, step);
      columns.remove(from);
      columns.add(to, { type, origins, ...(whole && { whole }) }, step);
    }
  },
});

export type RenameOptions = OptionsOf<typeof rename.options>;
