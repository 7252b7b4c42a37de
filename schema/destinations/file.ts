import type { TextFormat } from "../options/option.ts";
import type { OptionsOf } from "../options/options-of.ts";
import { destinationSpec } from "./destination-spec.ts";

const ABSOLUTE_PATH: TextFormat = { fits: (text) => text.startsWith("/"), says: "an absolute path" };

export const file = destinationSpec({
  kind: "file",
  summary:
    "Writes files into a folder of deliver's machine, each under a temporary name and renamed when it is whole. " +
    "An erasure adds `erasure-<id>-<output>.jsonl`, which names the `subject_key` of the rows to forget.",
  options: {
    directory: {
      kind: "text",
      maxLength: 2048,
      format: ABSOLUTE_PATH,
      description: "the folder; made when it does not exist",
    },
    format: {
      kind: "words",
      name: "FileFormat",
      words: {
        jsonl: "one JSON object a line",
        csv: "a header, then one row a line (RFC 4180); a text that a spreadsheet would take for a formula has a `'` before it",
      },
      description: "how rows are written",
    },
    rotateSeconds: {
      kind: "number",
      min: 0.1,
      max: 3600,
      unit: "seconds",
      default: 60,
      description: "rows of at most this long go into one file",
    },
  },
  example: { directory: "/var/lib/o2mc/results", format: "jsonl" },
});

export type FileOptions = OptionsOf<typeof file.options>;
