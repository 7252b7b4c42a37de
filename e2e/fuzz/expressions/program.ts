import fc from "fast-check";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";

/** One program twice: in our language, and for the oracle, which marks what ours means otherwise (`oracle.ts`). */
export interface Program {
  readonly ours: string;
  readonly oracle: string;
}

type Programs = fc.Arbitrary<Program>;
type Kind = "flag" | "text" | "whole" | "real" | "time" | "span" | "texts" | "wholes";

export const COLUMNS: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ["s", "string"],
  ["t.u", "string"],
  ["n", "number"],
  ["m", "number"],
  ["i", "integer"],
  ["j", "integer"],
  ["b", "boolean"],
  ["w", "timestamp"],
]);

const plain = (source: string): Program => ({ ours: source, oracle: source });
const one = (...sources: string[]): Programs => fc.constantFrom(...sources).map(plain);

/** A template over programs: `$1` stands for the first, and so on. */
function form(ours: string, parts: readonly Programs[], oracle = ours): Programs {
  const fill = (template: string, of: readonly string[]) =>
    template.replace(/\$(\d)/g, (_, k: string) => of[Number(k) - 1] ?? "");
  return fc.tuple(...parts).map((programs) => ({
    ours: fill(
      ours,
      programs.map((program) => program.ours),
    ),
    oracle: fill(
      oracle,
      programs.map((program) => program.oracle),
    ),
  }));
}

export const texts = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "ab",
    "aab",
    "/a/b?c",
    "Añ",
    "7",
    "-1.5",
    "a,b,,c",
    " x ",
    "true",
    "🙂a🙂",
    "🙂a",
    "é🙂",
    "1e3",
    "007",
  ),
  fc.string({ maxLength: 6, unit: "grapheme" }),
);
export const wholes = fc.oneof(
  fc.integer({ min: -5, max: 8 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 94_906_266),
  fc.integer({ min: -1000, max: 1000 }),
  fc.maxSafeInteger(),
);
export const reals = fc.oneof(
  fc.constantFrom(-2.5, -1, 0, 0.5, 1, 3.25, 100, -0.5, 1.5),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
export const times = fc.oneof(
  fc.integer({ min: Date.UTC(1972, 0, 2), max: Date.UTC(2100, 0, 1) }),
  // clocks change in Amsterdam, New York and on Lord Howe
  fc
    .tuple(
      fc.constantFrom(
        Date.UTC(2026, 2, 29, 1),
        Date.UTC(2026, 9, 25, 1),
        Date.UTC(2026, 2, 8, 7),
        Date.UTC(2026, 3, 4, 15),
      ),
      fc.constantFrom(-3_600_000, -1, 0, 1, 1_800_000, 3_600_000, 36_000_000),
    )
    .map(([change, by]) => change + by),
);

const ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"];
const ACCESSORS = [
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getHours",
  "getMinutes",
  "getSeconds",
];
const SPANS = [
  ["1h", 3_600_000],
  ["-90m", -5_400_000],
  ["1.5s", 1500],
  ["36h5m", 129_900_000],
  ["250ms", 250],
  ["0s", 0],
] as const;

/** Programs of every type, all of which the checker takes. */
const made = fc.letrec<Record<Kind, Program>>((tie) => {
  const [flag, text, whole, real] = [tie("flag"), tie("text"), tie("whole"), tie("real")];
  const [time, span, textList, wholeList] = [tie("time"), tie("span"), tie("texts"), tie("wholes")];
  const deep = { depthSize: "small", withCrossShrink: true } as const;
  const chosen = (of: Programs) => form("($1 ? $2 : $3)", [flag, of, of]);
  const operators = (words: readonly string[], of: Programs, guard = "") =>
    fc.oneof(...words.map((word) => form(`($1 ${word} $2)`, [of, of], `${guard}($1 ${word} $2)`)));
  const index = one("-1", "0", "1", "2", "3", "20");
  return {
    flag: fc.oneof(
      deep,
      one("true", "false", "event.b", "has(event.s)", "has(event.t.u)", "has(event.i)"),
      operators(["&&", "||", "==", "!="], flag),
      form("!($1)", [flag]),
      operators(["<", "<=", ">", ">=", "==", "!="], whole),
      operators(["<", "<=", ">", ">=", "==", "!="], real),
      operators(["==", "!="], text),
      operators(["<", ">=", "==", "!="], time),
      operators(["<", ">=", "==", "!="], span),
      operators(["==", "!="], textList),
      operators(["==", "!="], wholeList),
      fc.constantFrom("startsWith", "endsWith", "contains").chain((call) => form(`($1).${call}($2)`, [text, text])),
      fc.constantFrom("^a", "b+$", "[0-9]", "^$", "(a|b)*c").chain((of) => form(`($1).matches("${of}")`, [text])),
      form("($1 in [$2, $3])", [whole, whole, whole]),
      form("($1 in [1, 2, 7])", [whole]),
      form('($1 in {"a": 1, "ab": 2})', [text]),
      form("($1 in $2)", [text, textList]),
      form("bool($1)", [text]),
      form("$1.all(x, x $2)", [textList, one('!= ""', '== "a"', '.contains("a")', '< "b"')], "$1.all(x, x $2)"),
      form("$1.exists(x, x == $2 || $3)", [textList, text, flag]),
      form("$1.exists(x, x > $2 && $3)", [wholeList, whole, flag]),
      form("$1.all(x, x < $2 || $3)", [wholeList, whole, flag]),
      form("$1.exists_one(x, x == $2)", [textList, text]),
      form("$1.exists_one(x, x > $2)", [wholeList, whole]),
      form("$1.exists(x, $2.exists(y, size(x) == y))", [textList, wholeList]),
      form("cel.bind(x, $1, x < 3 || x > $2)", [whole, whole]),
      chosen(flag),
    ),
    text: fc.oneof(
      deep,
      texts.map((value) => plain(JSON.stringify(value))),
      one("event.s", "event.t.u"),
      form("($1 + $2)", [text, text]),
      form("string($1)", [fc.oneof(whole, flag)]),
      form("($1).lowerAscii()", [text], "o_lower($1)"),
      form("($1).upperAscii()", [text], "o_upper($1)"),
      form("($1).charAt($2)", [text, index], "o_charAt($1, $2)"),
      form("($1).substring($2)", [text, index], "o_substring($1, $2, -1)"),
      form("($1).substring($2, $3)", [text, index, index], "o_substring2($1, $2, $3)"),
      form("($1).reverse()", [text], "o_reverse($1)"),
      form("($1).trim()", [text], "o_trim($1)"),
      form("($1).replace($2, $3)", [text, text, text], "o_replace($1, $2, $3, -1)"),
      form("($1).replace($2, $3, $4)", [text, text, text, index], "o_replace($1, $2, $3, $4)"),
      form("$1.join($2)", [textList, text]),
      form("$1[$2]", [textList, index]),
      form('{"a": $1, "ab": $2}[$3]', [text, text, text]),
      form("event.s.orValue($1)", [text], "(has(event.s) ? event.s : $1)"),
      form("pathSegment($1, $2)", [text, index], "o_segment($1, $2)"),
      chosen(text),
    ),
    whole: fc.oneof(
      deep,
      wholes.map((value) => plain(`(${value})`)),
      one("event.i", "event.j"),
      operators(["+", "-", "*", "/", "%"], whole, "safe"),
      form("-($1)", [whole]),
      form("size($1)", [fc.oneof(text, textList, wholeList)]),
      form("int($1)", [real], "safe(int($1))"),
      form("int($1)", [text], "o_int($1)"),
      form("int($1)", [time], "o_seconds($1)"),
      form("($1).indexOf($2)", [text, text], "o_indexOf($1, $2, 0)"),
      form("($1).indexOf($2, $3)", [text, text, index], "o_indexOf($1, $2, $3)"),
      form("($1).lastIndexOf($2)", [text, text], "o_lastIndexOf($1, $2)"),
      form("$1[$2]", [wholeList, index]),
      form("math.greatest($1, $2)", [whole, whole], "($1 > $2 ? $1 : $2)"),
      form("math.least($1, $2, $3)", [whole, whole, whole], "o_least([$1, $2, $3])"),
      form("math.abs($1)", [whole], "($1 < 0 ? -($1) : $1)"),
      fc
        .constantFrom("And", "Or", "Xor")
        .chain((word) => form(`math.bit${word}($1, $2)`, [whole, whole], `safe(o_bit${word}($1, $2))`)),
      fc.constantFrom(...ACCESSORS).chain((call) => form(`($1).${call}()`, [time])),
      fc
        .tuple(fc.constantFrom(...ACCESSORS), fc.constantFrom(...ZONES))
        .chain(([call, zone]) => form(`($1).${call}("${zone}")`, [time], `o_local($1, "${zone}").${call}()`)),
      fc
        .constantFrom("getHours", "getMinutes", "getSeconds")
        .chain((call) => form(`($1).${call}()`, [span], `o_${call}($1)`)),
      form("event.i.orValue($1)", [whole], "(has(event.i) ? event.i : $1)"),
      form("cel.bind(x, $1, x - x)", [whole]),
      chosen(whole),
    ),
    real: fc.oneof(
      deep,
      reals.map((value) => plain(`(${realLiteral(value)})`)),
      one("event.n", "event.m"),
      operators(["+", "-", "*", "/"], real, "given"),
      form("-($1)", [real]),
      form("double($1)", [whole]),
      form("double($1)", [text], "o_double($1)"),
      fc
        .constantFrom("ceil", "floor", "trunc", "round")
        .chain((call) => form(`math.${call}($1)`, [real], `o_${call}($1)`)),
      form("event.n.orValue($1)", [real], "(has(event.n) ? event.n : $1)"),
      form("[$1, $2][$3]", [real, real, index]),
      chosen(real),
    ),
    time: fc.oneof(
      deep,
      one("event.w"),
      times.map((ms) => plain(`timestamp("${new Date(ms).toISOString()}")`)),
      form("($1 + $2)", [time, span], "o_later($1, $2)"),
      form("($1 - $2)", [time, span], "o_later($1, -($2))"),
      form("event.w.orValue($1)", [time], "(has(event.w) ? event.w : $1)"),
      chosen(time),
    ),
    span: fc.oneof(
      deep,
      fc.constantFrom(...SPANS).map(([text, ms]) => ({ ours: `duration("${text}")`, oracle: `(${ms})` })),
      form("($1 - $2)", [time, time], "o_between($1, $2)"),
      operators(["+", "-"], span, "o_span"),
    ),
    texts: fc.oneof(
      deep,
      form("[$1, $2]", [text, text]),
      one('["a", "ab", "c"]'),
      form("($1).split($2)", [text, one('","', '"/"', '"a"')]),
      form('($1).split("", 3)', [text], "($1).o_split3()"),
      form("($1).split($2, $3)", [text, one('","', '"a"'), index]),
      form("$1.filter(x, x != $2)", [textList, text]),
      form("$1.map(x, x + $2)", [textList, text]),
      form("$1.map(x, size(x) > $2, x)", [textList, whole]),
      form("($1 + $2)", [textList, textList]),
      form("$1.reverse()", [textList], "o_reverse($1)"),
      chosen(textList),
    ),
    wholes: fc.oneof(
      deep,
      form("[$1, $2, $3]", [whole, whole, whole]),
      one("[1].filter(x, false)", "[1, 2, 3]"),
      form("$1.map(x, size(x))", [textList]),
      form("$1.filter(x, x > $2)", [wholeList, whole]),
      form("$1.map(x, x + $2)", [wholeList, whole], "$1.map(x, safe(x + $2))"),
      form("($1 + $2)", [wholeList, wholeList]),
      form("$1.slice($2, $3)", [wholeList, index, index], "o_slice($1, $2, $3)"),
    ),
  };
});

function realLiteral(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** What a column may hold. */
export const program: Programs = fc
  .oneof({ weight: 3, arbitrary: made.flag }, made.text, made.whole, made.real, made.time)
  .filter(({ ours }) => ours.length < 1500);
