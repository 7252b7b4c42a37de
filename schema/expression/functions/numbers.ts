import { functionGroup } from "./function-spec.ts";

export const numbers = functionGroup({
  title: "Numbers",
  functions: [
    {
      name: "math.greatest",
      summary: "The greatest of its operands, or of a list; null of an empty one.",
      signatures: [
        "math.greatest(integer, ...): integer",
        "math.greatest(number, ...): number",
        "math.greatest(list<integer>): integer",
        "math.greatest(list<number>): number",
      ],
      examples: [["math.greatest(1, 3, 2)", "3"]],
    },
    {
      name: "math.least",
      summary: "The least of its operands, or of a list; null of an empty one.",
      signatures: [
        "math.least(integer, ...): integer",
        "math.least(number, ...): number",
        "math.least(list<integer>): integer",
        "math.least(list<number>): number",
      ],
      examples: [["math.least([1.5, -2.0])", "-2.0"]],
    },
    {
      name: "math.ceil",
      summary: "Rounded up.",
      signatures: ["math.ceil(number): number"],
      examples: [["math.ceil(1.2)", "2.0"]],
    },
    {
      name: "math.floor",
      summary: "Rounded down.",
      signatures: ["math.floor(number): number"],
      examples: [["math.floor(-1.2)", "-2.0"]],
    },
    {
      name: "math.round",
      summary: "To the nearest whole number; a half away from zero.",
      signatures: ["math.round(number): number"],
      examples: [["math.round(-1.5)", "-2.0"]],
    },
    {
      name: "math.trunc",
      summary: "Without its fraction.",
      signatures: ["math.trunc(number): number"],
      examples: [["math.trunc(-1.7)", "-1.0"]],
    },
    {
      name: "math.abs",
      summary: "Without its sign.",
      signatures: ["math.abs(integer): integer", "math.abs(number): number"],
      examples: [["math.abs(-2)", "2"]],
    },
    {
      name: "math.sign",
      summary: "-1, 0 or 1.",
      signatures: ["math.sign(integer): integer", "math.sign(number): number"],
      examples: [["math.sign(-2.5)", "-1.0"]],
    },
    {
      name: "math.sqrt",
      summary: "The square root; null of a negative number.",
      signatures: ["math.sqrt(number): number"],
      examples: [["math.sqrt(81)", "9.0"]],
    },
    {
      name: "math.isInf",
      summary: "Whether it is infinite, as 1.0 / 0.0 is.",
      signatures: ["math.isInf(number): boolean"],
      examples: [["math.isInf(1.0 / 0.0)", "true"]],
    },
    {
      name: "math.isFinite",
      summary: "Whether it is not infinite.",
      signatures: ["math.isFinite(number): boolean"],
      examples: [["math.isFinite(1.0)", "true"]],
    },
    {
      name: "math.bitAnd",
      summary: "The bits that both have, of 64-bit two's complement numbers as all bit operations.",
      signatures: ["math.bitAnd(integer, integer): integer"],
      examples: [["math.bitAnd(3, 5)", "1"]],
    },
    {
      name: "math.bitOr",
      summary: "The bits that either has.",
      signatures: ["math.bitOr(integer, integer): integer"],
      examples: [["math.bitOr(1, 2)", "3"]],
    },
    {
      name: "math.bitXor",
      summary: "The bits that just one has.",
      signatures: ["math.bitXor(integer, integer): integer"],
      examples: [["math.bitXor(3, 5)", "6"]],
    },
    {
      name: "math.bitNot",
      summary: "The bits that it has not.",
      signatures: ["math.bitNot(integer): integer"],
      examples: [["math.bitNot(1)", "-2"]],
    },
    {
      name: "math.bitShiftLeft",
      summary: "Moved up by n bits; null for a negative n, or beyond 2^53.",
      signatures: ["math.bitShiftLeft(integer, integer): integer"],
      examples: [["math.bitShiftLeft(1, 2)", "4"]],
    },
    {
      name: "math.bitShiftRight",
      summary: "Moved down by n bits, zeros coming in above; null for a negative n, or beyond 2^53.",
      signatures: ["math.bitShiftRight(integer, integer): integer"],
      examples: [["math.bitShiftRight(1024, 2)", "256"]],
    },
  ],
});
