/** What the checker itself understands: names in them are bound, or operands may be null. For the reference page. */
interface MacroSpec {
  /** as it is called, behind a value or not */
  readonly name: string;
  readonly form: "function" | "method";
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly (readonly [expression: string, value: string])[];
}

export const MACROS: readonly MacroSpec[] = [
  {
    name: "has",
    form: "function",
    usage: "has(event.a), has(map.key)",
    summary: "Whether a field is not null, or a map has a key.",
    examples: [['has({"a": 1}.b)', "false"]],
  },
  {
    name: "orValue",
    form: "method",
    usage: "x.orValue(y)",
    summary: "x, or y where x is null.",
    examples: [['int("?").orValue(0)', "0"]],
  },
  {
    name: "all",
    form: "method",
    usage: "list.all(x, condition)",
    summary:
      "Whether the condition is true of every entry, of a map of every key. Where it is null of one and false of none, null.",
    examples: [["[1, 2].all(x, x > 0)", "true"]],
  },
  {
    name: "exists",
    form: "method",
    usage: "list.exists(x, condition)",
    summary: "Whether the condition is true of some entry. Where it is null of one and true of none, null.",
    examples: [['"a,b".split(",").exists(x, x == "b")', "true"]],
  },
  {
    name: "exists_one",
    form: "method",
    usage: "list.exists_one(x, condition)",
    summary: "Whether the condition is true of just one entry; null where it is null of one.",
    examples: [["[1, 2, 2].exists_one(x, x == 2)", "false"]],
  },
  {
    name: "filter",
    form: "method",
    usage: "list.filter(x, condition)",
    summary: "The entries of which the condition is true; null where it is null of one.",
    examples: [["[1, 2, 3].filter(x, x % 2 == 1)", "[1, 3]"]],
  },
  {
    name: "map",
    form: "method",
    usage: "list.map(x, value), list.map(x, condition, value)",
    summary: "The value of every entry, or of those of which the condition is true; null where one is null.",
    examples: [["[1, 2, 3].map(x, x > 1, x * 10)", "[20, 30]"]],
  },
  {
    name: "cel.bind",
    form: "function",
    usage: "cel.bind(name, value, expression)",
    summary: "The expression, in which the name stands for the value.",
    examples: [["cel.bind(x, 2 + 3, x * x)", "25"]],
  },
];
