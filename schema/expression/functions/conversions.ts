import { functionGroup } from "./function-spec.ts";

export const conversions = functionGroup({
  title: "Conversions",
  functions: [
    {
      name: "string",
      summary: "As a text; a timestamp in RFC 3339, a duration in seconds.",
      signatures: [
        "string(string): string",
        "string(number): string",
        "string(boolean): string",
        "string(timestamp): string",
        "string(duration): string",
      ],
      examples: [
        ["string(1.5)", '"1.5"'],
        ['string(duration("1h30m"))', '"5400s"'],
      ],
    },
    {
      name: "int",
      summary: "Of a text, its whole number; of a number, towards zero; of a timestamp, whole seconds since the epoch.",
      signatures: ["int(string): integer", "int(number): integer", "int(timestamp): integer"],
      examples: [
        ['int("42")', "42"],
        ["int(-1.9)", "-1"],
        ['int("4x")', "null"],
      ],
    },
    {
      name: "double",
      summary: "As a number.",
      signatures: ["double(string): number", "double(number): number"],
      examples: [['double("1.5e3")', "1500.0"]],
    },
    {
      name: "bool",
      summary: "Of the texts true, True, TRUE, t, 1 and false, False, FALSE, f, 0; null for others.",
      signatures: ["bool(string): boolean", "bool(boolean): boolean"],
      examples: [['bool("true")', "true"]],
    },
    {
      name: "timestamp",
      summary: "Of a text in RFC 3339, or of seconds since the epoch.",
      signatures: ["timestamp(string): timestamp", "timestamp(integer): timestamp", "timestamp(timestamp): timestamp"],
      examples: [['int(timestamp("1970-01-01T01:00:00+00:30"))', "1800"]],
    },
    {
      name: "duration",
      summary: "Of numbers with the units h, m, s, ms, us, ns. Kept in milliseconds.",
      signatures: ["duration(string): duration", "duration(duration): duration"],
      examples: [['duration("1m30s").getSeconds()', "90"]],
    },
  ],
});
