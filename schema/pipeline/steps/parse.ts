import type { FieldType } from "../../consent/policy.ts";
import { jsonPath } from "../../expression/json-path.ts";
import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import { expectType } from "../expect-type.ts";
import { FIXED_COLUMNS } from "../parse/fixed-columns.ts";
import { compilePattern, PatternError } from "../parse/pattern.ts";
import { PATTERNS } from "../parse/pattern-library.ts";
import { stepSpec } from "../step-spec.ts";

const MAX_CSV_FIELD = 256;
const CSV_FIELD = /^[1-9]\d{0,2}$/;

export const parse = stepSpec({
  verb: "parse",
  summary:
    "Makes typed columns of a text. A part that is missing or is not of its column's type is null; numbers, booleans and " +
    "timestamps (RFC 3339) are read as the expression functions `int`, `double`, `bool` and `timestamp` read them.",
  options: {
    field: { kind: "field", types: ["string"], description: "holds the text" },
    format: {
      kind: "words",
      name: "ParseFormat",
      words: {
        json: "a JSON text; a string column of an object or a list is its JSON",
        csv: "one line of CSV (RFC 4180)",
        query: "a URL's query, or a URL with one; of a name that comes twice the first",
        "combined-log": `a line of the combined (or common) log format of web servers, as ${list("combined-log")}`,
        "user-agent": `a browser's User-Agent, as ${list("user-agent")}`,
        pattern:
          "whatever `pattern` finds in it: RE2 with `%{NAME}` and `%{NAME:capture}` for " +
          Object.keys(PATTERNS).join(", "),
      },
      description: "what it is",
    },
    into: {
      kind: "new-field",
      optional: true,
      description: "of combined-log and user-agent, which need it: prefix of the new columns",
    },
    columns: {
      kind: "list",
      of: {
        kind: "object",
        name: "ParseColumn",
        options: {
          as: { kind: "new-field", description: "the column" },
          type: {
            kind: "words",
            name: "ParseType",
            words: {
              string: "text",
              number: "a number",
              integer: "a whole number",
              boolean: "true or false",
              timestamp: "a time",
            },
            default: "string",
            description: "its type",
          },
          from: {
            kind: "text",
            maxLength: 256,
            optional: true,
            description:
              "of json the path, such as `a.b[0]`; of query the name; of pattern the capture: `as` when left out; of csv the " +
              "number of the field from 1: the place in this list when left out",
          },
        },
      },
      optional: true,
      description: "of json, csv, query and pattern, which need them: the columns to make",
    },
    delimiter: { kind: "text", maxLength: 1, optional: true, description: "of csv: a comma when left out" },
    pattern: {
      kind: "text",
      maxLength: 1024,
      optional: true,
      description: "of pattern, which needs it; `^` and `$` hold it to the whole text",
    },
    failed: {
      kind: "words",
      name: "ParseFailed",
      words: {
        keep: "the row goes on, with nulls",
        "dead-letter": "the row is a dead letter (`unparsable`)",
      },
      optional: true,
      description: "what becomes of a row whose text is no such thing; keep when left out. A null is no failure",
    },
  },
  example: {
    field: "page.path",
    format: "query",
    columns: [{ as: "campaign", from: "utm_campaign" }],
  },
  check(options, { columns, step }) {
    const { field } = options;
    const { type, origins } = columns.read(field, step);
    expectType(field, type, ["string"], step, "parse");
    checkUse(options, (message) => new DefinitionError("invalid-option", step, `Step ${step}: ${message}.`));
    for (const made of columnsOf(options)) columns.add(made.name, { type: made.type, origins }, step);
    // a row that is left tells that its text was one
    if (options.failed === "dead-letter") columns.narrowRows(origins);
  },
});

export type ParseOptions = OptionsOf<typeof parse.options>;

/** The columns that it makes, in order. */
export function columnsOf({ format, into, columns = [] }: ParseOptions): readonly { name: string; type: FieldType }[] {
  if (format !== "combined-log" && format !== "user-agent") return columns.map(({ as, type }) => ({ name: as, type }));
  return Object.entries(FIXED_COLUMNS[format]).map(([part, type]) => ({ name: `${into}.${part}`, type }));
}

type Fail = (message: string) => DefinitionError;

/** Each format has what it needs, and nothing that would do nothing. */
function checkUse(options: ParseOptions, fail: Fail): void {
  const { format } = options;
  const { needs, takes } = USES[format];
  for (const option of ["into", "columns", "delimiter", "pattern", "failed"] as const) {
    if (options[option] === undefined) {
      if (needs.includes(option)) throw fail(`parse.${option} is missing, which ${format} needs`);
    } else if (!needs.includes(option) && !takes.includes(option))
      throw fail(`parse.${option} has no use for ${format}`);
  }
  if (options.columns?.length === 0) throw fail("parse.columns names none");
  if (options.delimiter === '"') throw fail("parse.delimiter cannot be a quote");
  const captures = format === "pattern" ? capturesOf(options.pattern ?? "", fail) : [];
  for (const { as, from = as } of options.columns ?? []) {
    if (format === "json" && jsonPath(from) === undefined)
      throw fail(`parse.columns.from ${JSON.stringify(from)} is no path`);
    if (format === "pattern" && !captures.includes(from)) throw fail(`parse.pattern captures no ${from}`);
  }
  if (format !== "csv") return;
  for (const { from = "1" } of options.columns ?? []) {
    if (!CSV_FIELD.test(from) || Number(from) > MAX_CSV_FIELD) {
      throw fail(`parse.columns.from of csv is the number of a field, 1 to ${MAX_CSV_FIELD}`);
    }
  }
}

function capturesOf(pattern: string, fail: Fail): readonly string[] {
  try {
    return compilePattern(pattern).captures;
  } catch (error) {
    if (error instanceof PatternError) throw fail(`parse.pattern ${error.message}`);
    throw error;
  }
}

type Uses = readonly ("into" | "columns" | "delimiter" | "pattern" | "failed")[];

const USES: Readonly<Record<ParseOptions["format"], { readonly needs: Uses; readonly takes: Uses }>> = {
  json: { needs: ["columns"], takes: ["failed"] },
  csv: { needs: ["columns"], takes: ["failed", "delimiter"] },
  query: { needs: ["columns"], takes: [] },
  "combined-log": { needs: ["into"], takes: ["failed"] },
  "user-agent": { needs: ["into"], takes: [] },
  pattern: { needs: ["columns", "pattern"], takes: ["failed"] },
};

function list(format: keyof typeof FIXED_COLUMNS): string {
  return Object.entries(FIXED_COLUMNS[format])
    .map(([part, type]) => `\`<into>.${part}\`${type === "string" ? "" : ` (${type})`}`)
    .join(", ");
}
