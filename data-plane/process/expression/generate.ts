import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { BinaryNode, CallNode, ExpressionNode } from "@o2mc/schema/expression/node.ts";
import type { CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import { RE2JS } from "re2js";
import { runtime } from "./runtime.ts";

export type ColumnArray = ArrayLike<Scalar | undefined>;

/** `columns` holds one array per path of `fields`, in that order; a null or missing value is null. */
export interface ExpressionLoops {
  readonly fields: readonly string[];
  /** the value of each row; a value that JSON can't say (not finite) becomes null */
  readonly values: (n: number, columns: readonly ColumnArray[]) => Scalar[];
  /** the rows for which the expression is true */
  readonly select: (n: number, columns: readonly ColumnArray[]) => number[];
}

/**
 * Turns a checked tree into straight-line JavaScript loops. The source is made of our own words, operators and numbered
 * names only; literals and field names, the tenant's text, come in through parameter arrays and are never in the source.
 * A null operand gives a null result; `&&` and `||` are three-valued as CEL's absorption of errors is. Integers have no
 * negative zero, hence `0 - x` and `+ 0`.
 */
export function generate(expression: CheckedExpression): ExpressionLoops {
  const code = new Code(expression.fields);
  const result = code.node(expression.ast);
  const head = expression.fields.map((_, i) => `const c${i} = columns[${i}];`).join("");
  const literals = code.literals.map((_, i) => `const k${i} = literals[${i}];`).join("");
  const source =
    `"use strict";${literals}` +
    `return { values(n, columns) { ${head} const out = new Array(n); for (let i = 0; i < n; i++) { ${code.body} ` +
    `out[i] = typeof ${result} === "number" && !Number.isFinite(${result}) ? null : ${result}; } return out; }, ` +
    `select(n, columns) { ${head} const out = []; for (let i = 0; i < n; i++) { ${code.body} ` +
    `if (${result} === true) out.push(i); } return out; } };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the point of this file; see above for what the source holds
  const make = new Function("runtime", "literals", source) as (
    r: typeof runtime,
    l: readonly unknown[],
  ) => Omit<ExpressionLoops, "fields">;
  return { fields: expression.fields, ...make(runtime, code.literals) };
}

const ARITHMETIC = { "+": "+", "-": "-", "*": "*", "/": "/", "<": "<", "<=": "<=", ">": ">", ">=": ">=" } as const;

class Code {
  body = "";
  readonly literals: unknown[] = [];
  readonly #fields: readonly string[];
  #temporaries = 0;

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  /** Appends the statements that compute `node`; returns the name that holds its value. */
  node(node: ExpressionNode): string {
    switch (node.kind) {
      case "literal":
        return node.value === null ? "null" : this.#literal(node.value);
      case "field":
        return this.#let(`c${this.#fields.indexOf(node.path)}[i] ?? null`);
      case "unary": {
        const operand = this.node(node.operand);
        const value =
          node.operator === "!" ? `!${operand}` : node.type === "integer" ? `0 - ${operand}` : `-${operand}`;
        return this.#let(`${operand} === null ? null : ${value}`);
      }
      case "binary":
        return this.#binary(node);
      case "conditional": {
        const condition = this.node(node.condition);
        const result = this.#let("null");
        this.body += `if (${condition} === true) {`;
        const whenTrue = this.node(node.whenTrue);
        this.body += `${result} = ${whenTrue}; } else if (${condition} === false) {`;
        const whenFalse = this.node(node.whenFalse);
        this.body += `${result} = ${whenFalse}; }`;
        return result;
      }
      case "call":
        return this.#call(node);
    }
  }

  #let(value: string): string {
    const name = `t${this.#temporaries++}`;
    this.body += `let ${name} = ${value};`;
    return name;
  }

  #literal(value: unknown): string {
    return `k${this.literals.push(value) - 1}`;
  }

  #binary({ operator, left, right, type }: BinaryNode): string {
    if (operator === "&&" || operator === "||") {
      const stop = operator === "&&" ? "false" : "true";
      const result = this.#let(this.node(left));
      this.body += `if (${result} !== ${stop}) {`;
      const other = this.node(right);
      this.body += `if (${other} === ${stop} || ${other} === null) ${result} = ${other}; }`;
      return result;
    }
    const a = this.node(left);
    const b = this.node(right);
    if (operator === "==" || operator === "!=") {
      const sign = operator === "==" ? "===" : "!==";
      if (left.type === "null" || right.type === "null") return this.#let(`${a} ${sign} ${b}`);
      return this.#let(`${a} === null || ${b} === null ? null : ${a} ${sign} ${b}`);
    }
    const value =
      operator === "%"
        ? `runtime.remainder(${a}, ${b})`
        : operator === "/" && type === "integer"
          ? `runtime.divideIntegers(${a}, ${b})`
          : `${a} ${ARITHMETIC[operator]} ${b}${operator === "*" && type === "integer" ? " + 0" : ""}`;
    return this.#let(`${a} === null || ${b} === null ? null : ${value}`);
  }

  #call(node: CallNode): string {
    if (node.name === "in") return this.#in(node);
    if (node.name === "matches") return this.#matches(node);
    const names = node.arguments.map((argument) => this.node(argument));
    const [a = "null", b = "null"] = names;
    if (node.name === "has") return this.#let(`${a} !== null`);
    const anyNull = names.map((name) => `${name} === null`).join(" || ");
    return this.#let(`${anyNull} ? null : ${callSource(node, a, b)}`);
  }

  #in(node: CallNode): string {
    const [item, ...list] = node.arguments;
    if (item === undefined) return "null";
    const a = this.node(item);
    if (list.every((entry) => entry.kind === "literal")) {
      const set = this.#literal(new Set(list.map((entry) => entry.value)));
      return this.#let(`${a} === null ? null : ${set}.has(${a})`);
    }
    const names = list.map((entry) => this.node(entry));
    const anyNull = [a, ...names].map((name) => `${name} === null`).join(" || ");
    return this.#let(`${anyNull} ? null : ${names.map((name) => `${a} === ${name}`).join(" || ")}`);
  }

  #matches({ arguments: [text, pattern] }: CallNode): string {
    if (text === undefined || pattern?.kind !== "literal") return "null";
    const a = this.node(text);
    const compiled = this.#literal(RE2JS.compile(String(pattern.value)));
    return this.#let(`${a} === null ? null : ${compiled}.matcher(${a}).find()`);
  }
}

function callSource({ name, arguments: [first] }: CallNode, a: string, b: string): string {
  const from = first?.type;
  switch (name) {
    case "startsWith":
    case "endsWith":
      return `${a}.${name}(${b})`;
    case "contains":
      return `${a}.includes(${b})`;
    case "string":
      return from === "timestamp" ? `runtime.timestampText(${a})` : `String(${a})`;
    case "int":
      if (from === "string") return `runtime.parseInteger(${a})`;
      return `runtime.truncate(${from === "timestamp" ? `Math.floor(${a} / 1000)` : a})`;
    case "double":
      return from === "string" ? `runtime.parseDouble(${a})` : a;
    case "timestamp":
      return from === "string" ? `runtime.parseTimestamp(${a})` : a;
    case "pathSegment":
      return `runtime.pathSegment(${a}, ${b})`;
    case "size":
    case "lowerAscii":
    case "sha256":
      return `runtime.${name}(${a})`;
    default:
      throw new Error(`no code for ${name}`);
  }
}
