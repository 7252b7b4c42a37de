import { FUNCTIONS } from "./functions/functions.ts";
import type { FunctionGroup } from "./functions/function-spec.ts";
import { MACROS } from "./macros.ts";

/** The page `FUNCTIONS.md`. */
export function functionsReference(): string {
  return [
    "# Expressions\n",
    INTRODUCTION,
    "## Macros\n",
    ...MACROS.map(({ name, usage, summary, examples }) => entry(name, summary, [usage], examples)),
    ...FUNCTIONS.map(groupReference),
    DIFFERENCES,
  ].join("\n");
}

function groupReference({ title, functions }: FunctionGroup): string {
  const entries = functions.map(({ name, summary, signatures, examples }) =>
    entry(name, summary, signatures, examples),
  );
  return [`## ${title}\n`, ...entries].join("\n");
}

function entry(
  name: string,
  summary: string,
  forms: readonly string[],
  examples: readonly (readonly [expression: string, value: string])[],
): string {
  return [
    `### ${name}\n`,
    `${summary}\n`,
    `${forms.map((form) => `- \`${form}\``).join("\n")}\n`,
    "```cel",
    ...examples.map(([expression, value]) => `${expression}   // ${value}`),
    "```\n",
  ].join("\n");
}

const INTRODUCTION = `Expressions are [CEL](https://cel.dev) over \`event\`: \`event.page.path\`, \`event["$time"]\`. Printed from the specs in \`functions/\` by
\`npm run reference:print\`: change those. They are checked when a pipeline is published: an error has a code, the line and column, what type was
expected and found, and the nearest name that there is.

**Types.** \`string\`, \`number\` (a double), \`integer\`, \`boolean\` and \`timestamp\` are what columns hold. \`duration\`, \`list<T>\` and \`map<K,V>\` live inside
expressions: \`["a", "b"]\`, \`{"nl": 1, "be": 2}[event.country]\`. All entries of a list have one type. A \`pattern\` (RE2), a \`path\` (into JSON) and
a \`unit\` are literals that are checked at publish; so is a \`zone\` that is a literal.

**Null.** A field that is missing is null, and so is whatever is an error in CEL: a text that is no number, an index out of range, a division by
zero, an integer beyond 2^53. Null is passed on by all but \`&&\` and \`||\` (which give what the other side alone decides), \`has\`, \`orValue\` and
\`== null\`. So \`event.?a\` is the same as \`event.a\`, and a filter drops the row. Why not CEL's optionals: rows have columns, and a column that has no
value is the ordinary case, not an error; with one rule \`event.a.trim()\` needs no ceremony, and nothing that an event holds can stop a pipeline.

**Operators.** \`!\` \`-\` \`+\` \`-\` \`*\` \`/\` \`%\` \`==\` \`!=\` \`<\` \`<=\` \`>\` \`>=\` \`&&\` \`||\` \`?:\` \`in\` \`[]\`. \`+\` joins texts and lists too, and adds durations to timestamps; the
difference of timestamps is a duration. Integers and numbers may be mixed; the result is a number then. \`/\` of integers drops the fraction.

**Limits.** A source has at most 4,096 bytes, 400 parts and a depth of 64; a pattern 256 characters and 2,000 instructions; a list or a map that is
written out 256 entries. A text that is made has at most 65,536 characters, a list 1,000 entries, and the macros of an expression go through
10,000 entries for one row, where a call inside one counts for one more per 64 characters of its text or 16 entries of its list: beyond, the row is
a dead letter (\`too-large\`).

**Sameness.** The same event gives the same value, whenever and wherever: no function knows the time, the machine or chance. What leans on data of
this release (public suffixes, user agents, time zones) may change with the release.
`;

const DIFFERENCES = `## How this differs from CEL

- Errors are null, as above; \`0.0 / 0.0\`, which is no number, is null too.
- Integers are exact up to 2^53 - 1 either way. A literal beyond is refused; a result beyond is null, never wrong.
- Integers and numbers may be mixed in arithmetic, lists and branches, as CEL allows in comparisons only.
- Timestamps and durations are kept in milliseconds: finer parts are cut off.
- Texts are Unicode, indexed by code points; they are compared by UTF-16 code units, which differs from CEL's order for some pairs of rare characters.
- \`orValue\` works on every value; \`first\` and \`last\` give null where CEL gives an optional.
- \`regex.extract\` gives null where CEL gives an optional.

Not supported: \`uint\` and \`bytes\` (and with them \`base64\`), \`dyn\`, \`type\`, protobuf messages and enums, lists and maps of mixed types,
CEL's optional type, the macros with two variables (\`transformList\` …), \`string.format\`, \`strings.quote\`, \`math.isNaN\`, \`lists.flatten\`, \`sortBy\`, sets and network addresses, escaped names
(\`event.\\\`a-b\\\`\`: write \`event["a-b"]\`).
`;
