import type { BinaryNode, CallNode, ExpressionNode, FieldNode, NodeType } from "@o2mc/schema/expression/node.ts";
import { RE2JS } from "re2js";

const isNumeric = (type: NodeType): boolean => type === "number" || type === "integer" || type === "timestamp";
const nullOf = (type: NodeType): string => (isNumeric(type) ? "NaN" : "null");
const isNull = (name: string, type: NodeType): string => (isNumeric(type) ? `${name} !== ${name}` : `${name} === null`);

/** Statements that compute an expression of given values; a subclass says where fields come from. */
export abstract class ExpressionCode {
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
