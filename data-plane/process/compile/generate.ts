import { kindOf } from "@o2mc/schema/events/columns/column.ts";
import type { BinaryNode, CallNode, ExpressionNode, FieldNode, NodeType } from "@o2mc/schema/expression/node.ts";
import type { CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import { RE2JS } from "re2js";
import { runtime } from "./runtime.ts";
import { identity, type Selection, type Vector } from "./vector.ts";

/** An expression as straight-line loops over the columns of its fields. */
export interface ExpressionLoops {
  /** the columns to hand over, in this order */
  readonly fields: readonly string[];
  /** Values at `rows` of a batch of `n`; what stands at other rows is undefined. */
  readonly evaluate: (n: number, rows: Selection, columns: readonly Vector[]) => Vector;
  /** The rows of `rows` where the value is true. */
  readonly select: (n: number, rows: Selection, columns: readonly Vector[]) => Selection;
}

/**
 * Turns a checked expression into JavaScript. The source is built of this file's own words, operators and numbered
 * names only; literals and field names, the tenant's text, come in through parameter arrays and are never in the source.
 * A null operand gives a null result; `&&` and `||` are three-valued as CEL's absorption of errors is. Null is NaN among
 * numbers, which arithmetic passes on by itself, and null elsewhere. Integers have no negative zero, hence `0 - x` and
 * `+ 0`. What depends on one text alone, and costs more than a comparison, is computed once per distinct text.
 */
export function generate(expression: CheckedExpression): ExpressionLoops {
  const { ast, fields } = expression;
  const literals: unknown[] = [];
  const source =
    `"use strict";` +
    `return { evaluate(n, rows, columns) {${evaluateSource(ast, fields, literals)}},` +
    `select(n, rows, columns) {${selectSource(ast, fields, literals)}} };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the point of this file; see above for what the source holds
  const make = new Function("runtime", "identity", "k", source) as (
    r: typeof runtime,
    i: typeof identity,
    literals: readonly unknown[],
  ) => Omit<ExpressionLoops, "fields">;
  return { fields, ...make(runtime, identity, literals) };
}

const LOOP = "for (let r = 0; r < rows.length; r++) { const i = rows[r]; ";

function evaluateSource(ast: ExpressionNode, fields: readonly string[], literals: unknown[]): string {
  const code = new RowCode(fields, literals);
  const kind = ast.type === "null" ? "text" : kindOf(ast.type);
  if (kind === "text" && ast.kind !== "field" && code.oneText(ast) >= 0) {
    // its entries are the result's entries
    code.value(ast, ast.type, true);
    return `${code.head}${LOOP}${code.loop}} return { kind: "text", codes: c0, values: m0 };`;
  }
  const result = code.value(ast, ast.type);
  switch (kind) {
    case "text":
      return (
        `${code.head}const out = new Array(n);${LOOP}${code.loop} out[i] = ${result}; }` +
        `return { kind: "text", codes: identity(n), values: out };`
      );
    case "number":
      // false for NaN and the infinities, whose difference with themselves is NaN
      return (
        `${code.head}const out = new Float64Array(n);${LOOP}${code.loop} out[i] = ${result} - ${result} === 0 ? ${result} : NaN; }` +
        `return { kind: "number", values: out };`
      );
    case "flag":
      return (
        `${code.head}const out = new Uint8Array(n);${LOOP}${code.loop} out[i] = ${result} === null ? 2 : ${result} ? 1 : 0; }` +
        `return { kind: "flag", values: out };`
      );
  }
}

function selectSource(ast: ExpressionNode, fields: readonly string[], literals: unknown[]): string {
  const code = new RowCode(fields, literals);
  const truth = code.truth(ast);
  return (
    `${code.head}const out = new Uint32Array(rows.length); let m = 0;` +
    `${LOOP}${code.loop} if (${truth}) out[m++] = i; } return out.subarray(0, m);`
  );
}

const isNumeric = (type: NodeType): boolean => type === "number" || type === "integer" || type === "timestamp";
const nullOf = (type: NodeType): string => (isNumeric(type) ? "NaN" : "null");
const isNull = (name: string, type: NodeType): string => (isNumeric(type) ? `${name} !== ${name}` : `${name} === null`);

/** Statements that compute an expression of given values; a subclass says where fields come from. */
abstract class Code {
  body = "";
  protected readonly literals: unknown[];
  #temporaries = 0;

  constructor(literals: unknown[]) {
    this.literals = literals;
  }

  protected abstract field(node: FieldNode): string;

  /** Appends the statements that compute `node` as a `type`; returns the name that holds its value. */
  value(node: ExpressionNode, type: NodeType = node.type): string {
    switch (node.kind) {
      case "literal":
        return node.value === null ? nullOf(type) : this.literal(node.value);
      case "field":
        return this.field(node);
      case "unary": {
        const operand = this.value(node.operand);
        if (node.operator === "!") return this.let(`${operand} === null ? null : !${operand}`);
        return this.let(node.type === "integer" ? `0 - ${operand}` : `-${operand}`);
      }
      case "binary":
        return this.#binary(node);
      case "conditional": {
        const condition = this.value(node.condition);
        const result = this.let(nullOf(node.type));
        this.body += `if (${condition} === true) {`;
        const whenTrue = this.value(node.whenTrue, node.type);
        this.body += `${result} = ${whenTrue}; } else if (${condition} === false) {`;
        const whenFalse = this.value(node.whenFalse, node.type);
        this.body += `${result} = ${whenFalse}; }`;
        return result;
      }
      case "call":
        return this.#call(node);
    }
  }

  /** A JavaScript condition that holds when the boolean `node` is true, and not when it is false or null. */
  truth(node: ExpressionNode): string {
    if (node.kind === "binary" && (node.operator === "&&" || node.operator === "||")) {
      const result = this.let(this.truth(node.left));
      this.body += node.operator === "&&" ? `if (${result}) {` : `if (!${result}) {`;
      const right = this.truth(node.right);
      this.body += `${result} = ${right}; }`;
      return result;
    }
    const numbers = node.kind === "binary" && isNumeric(node.left.type) && isNumeric(node.right.type);
    if (numbers && node.operator !== "!=") {
      // a comparison with NaN is false
      const sign = node.operator === "==" ? "===" : node.operator;
      const left = this.value(node.left);
      return this.let(`${left} ${sign} ${this.value(node.right)}`);
    }
    return `${this.value(node)} === true`;
  }

  protected let(value: string): string {
    const name = `t${this.#temporaries++}`;
    this.body += `let ${name} = ${value};`;
    return name;
  }

  protected literal(value: unknown): string {
    return `k[${this.literals.push(value) - 1}]`;
  }

  #binary({ operator, left, right, type }: BinaryNode): string {
    if (operator === "&&" || operator === "||") {
      const stop = operator === "&&" ? "false" : "true";
      const result = this.let(this.value(left));
      this.body += `if (${result} !== ${stop}) {`;
      const other = this.value(right);
      this.body += `if (${other} === ${stop} || ${other} === null) ${result} = ${other}; }`;
      return result;
    }
    const equality = operator === "==" || operator === "!=";
    if (equality && (left.type === "null" || right.type === "null")) {
      const given = left.type === "null" ? right : left;
      if (given.type === "null") return this.let(String(operator === "=="));
      const test = isNull(this.value(given), given.type);
      return this.let(operator === "==" ? test : `!(${test})`);
    }
    const a = this.value(left);
    const b = this.value(right);
    if (isNumeric(type)) {
      if (operator === "%") return this.let(`runtime.remainder(${a}, ${b})`);
      if (operator === "/" && type === "integer") return this.let(`runtime.divideIntegers(${a}, ${b})`);
      return this.let(`${a} ${operator} ${b}${operator === "*" && type === "integer" ? " + 0" : ""}`);
    }
    if (operator === "+") return this.let(`${a} === null || ${b} === null ? null : runtime.concatenate(${a}, ${b})`);
    const sign = operator === "==" ? "===" : operator === "!=" ? "!==" : operator;
    return this.let(`${isNull(a, left.type)} || ${isNull(b, right.type)} ? null : ${a} ${sign} ${b}`);
  }

  #call(node: CallNode): string {
    if (node.name === "in") return this.#in(node);
    if (node.name === "matches") return this.#matches(node);
    const names = node.arguments.map((argument) => this.value(argument));
    const [a = "null", b = "null"] = names;
    const anyNull = names.map((name, i) => isNull(name, node.arguments[i]?.type ?? "null")).join(" || ");
    if (node.name === "has") return this.let(`!(${anyNull})`);
    return this.let(`${anyNull} ? ${nullOf(node.type)} : ${callSource(node, a, b)}`);
  }

  #in({ arguments: [item, ...list] }: CallNode): string {
    if (item === undefined) return "null";
    const a = this.value(item);
    if (list.every((entry) => entry.kind === "literal")) {
      const set = this.literal(new Set(list.map((entry) => entry.value)));
      return this.let(`${isNull(a, item.type)} ? null : ${set}.has(${a})`);
    }
    const names = list.map((entry) => this.value(entry));
    const anyNull = [isNull(a, item.type), ...names.map((name, i) => isNull(name, list[i]?.type ?? "null"))];
    return this.let(`${anyNull.join(" || ")} ? null : ${names.map((name) => `${a} === ${name}`).join(" || ")}`);
  }

  #matches({ arguments: [text, pattern] }: CallNode): string {
    if (text === undefined || pattern?.kind !== "literal") return "null";
    const a = this.value(text);
    const compiled = this.literal(RE2JS.compile(String(pattern.value)));
    return this.let(`${a} === null ? null : ${compiled}.matcher(${a}).find()`);
  }
}

/** The body of a loop over rows. */
class RowCode extends Code {
  /** before the loop: the columns, and the functions of one text with what they have computed */
  head = "";
  readonly #fields: readonly string[];
  readonly #reads = new Map<number, string>();
  #memos = 0;

  constructor(fields: readonly string[], literals: unknown[]) {
    super(literals);
    this.#fields = fields;
  }

  /** fields are read first, as a block that reads one may not be the only one */
  get loop(): string {
    return [...this.#reads.values()].join("") + this.body;
  }

  override value(node: ExpressionNode, type: NodeType = node.type, whole = false): string {
    const j = whole || isCostly(node) ? this.oneText(node) : -1;
    return j < 0 ? super.value(node, type) : this.#perText(node, type, j);
  }

  /** Which field a text expression depends on alone; -1 when on none, several or one that is no text. */
  oneText(node: ExpressionNode): number {
    const paths = new Map<string, NodeType>();
    collectFields(node, paths);
    const [only] = paths;
    return only !== undefined && paths.size === 1 && only[1] === "string" ? this.#fields.indexOf(only[0]) : -1;
  }

  protected field({ path, type }: FieldNode): string {
    const j = this.#fields.indexOf(path);
    const name = `f${j}`;
    if (!this.#reads.has(j)) {
      this.#column(j, type);
      const cell = type === "string" ? `v${j}[c${j}[i]]` : `v${j}[i]`;
      this.#reads.set(
        j,
        type === "boolean" ? `const ${name} = ${cell} === 2 ? null : ${cell} === 1;` : `const ${name} = ${cell};`,
      );
    }
    return name;
  }

  #column(j: number, type: NodeType): void {
    if (this.head.includes(`const v${j} `)) return;
    this.head += `const v${j} = columns[${j}].values;`;
    if (type === "string") this.head += `const c${j} = columns[${j}].codes;`;
  }

  #perText(node: ExpressionNode, type: NodeType, j: number): string {
    this.#column(j, "string");
    const m = this.#memos++;
    const code = new TextCode(this.literals);
    const result = code.value(node, type);
    this.head += `const m${m} = new Array(v${j}.length); const e${m} = (f) => { ${code.body} return ${result}; };`;
    const name = this.let(`m${m}[c${j}[i]]`);
    this.body += `if (${name} === undefined) ${name} = m${m}[c${j}[i]] = e${m}(v${j}[c${j}[i]]);`;
    return name;
  }
}

/** The body of a function of one text. */
class TextCode extends Code {
  protected field(): string {
    return "f";
  }
}

function collectFields(node: ExpressionNode, paths: Map<string, NodeType>): void {
  switch (node.kind) {
    case "field":
      paths.set(node.path, node.type);
      return;
    case "unary":
      collectFields(node.operand, paths);
      return;
    case "binary":
      collectFields(node.left, paths);
      collectFields(node.right, paths);
      return;
    case "conditional":
      collectFields(node.condition, paths);
      collectFields(node.whenTrue, paths);
      collectFields(node.whenFalse, paths);
      return;
    case "call":
      for (const argument of node.arguments) collectFields(argument, paths);
      return;
    case "literal":
  }
}

/** Whether looking up what was computed before is cheaper than computing it. */
function isCostly(node: ExpressionNode): boolean {
  switch (node.kind) {
    case "call":
      return node.name !== "has" || node.arguments.some(isCostly);
    case "unary":
      return isCostly(node.operand);
    case "binary":
      return (node.operator === "+" && node.type === "string") || isCostly(node.left) || isCostly(node.right);
    case "conditional":
      return isCostly(node.condition) || isCostly(node.whenTrue) || isCostly(node.whenFalse);
    default:
      return false;
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
