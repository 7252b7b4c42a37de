import { OVERLOADS_BY_SIGNATURE } from "@o2mc/schema/expression/functions/overload.ts";
import { jsonPath } from "@o2mc/schema/expression/json-path.ts";
import type {
  BinaryNode,
  BuiltinNode,
  CallNode,
  ConditionalNode,
  ExpressionNode,
  FieldNode,
} from "@o2mc/schema/expression/node.ts";
import { elementOf, entryOf, type ValueType } from "@o2mc/schema/expression/value-type.ts";
import { RE2JS } from "re2js";
import { IMPLEMENTATIONS } from "./functions/implementations.ts";
import { macroCode } from "./macro-code.ts";
import { nodeKey } from "./node-key.ts";
import { isNull, nullIsNan, nullOf } from "./null-code.ts";

const isScalar = (type: ValueType): boolean => elementOf(type) === undefined && entryOf(type) === undefined;
const isGiven = (node: ExpressionNode): boolean => node.kind === "literal" && node.value !== null;

/** Statements that compute an expression of given values; a subclass says where fields come from. */
export abstract class ExpressionCode {
  body = "";
  /** some macro is in it, so `left` must be declared */
  iterates = false;
  /** how many macros are around what is being written */
  loops = 0;
  /** what macros have bound */
  readonly variables = new Map<number, string>();
  protected readonly literals: unknown[];
  #temporaries = 0;
  /** names of what is computed already, in the blocks that are open */
  readonly #computed: Map<string, string>[] = [new Map()];

  constructor(literals: unknown[]) {
    this.literals = literals;
  }

  protected abstract field(node: FieldNode): string;

  /** Appends the statements that compute `node` as a `type`; returns the name that holds its value. */
  value(node: ExpressionNode, type: ValueType = node.type): string {
    switch (node.kind) {
      case "literal":
        return node.value === null ? nullOf(type) : this.literal(node.value);
      case "field":
        return this.field(node);
      case "variable":
        return this.variables.get(node.id) ?? "null";
      default:
    }
    if (node.type === "null") return this.compute(node, type);
    const key = nodeKey(node, (path) => path);
    for (const block of this.#computed) {
      const name = block.get(key);
      if (name !== undefined) return name;
    }
    const name = this.compute(node, type);
    this.#computed.at(-1)?.set(key, name);
    return name;
  }

  /** A JavaScript condition that holds when the boolean `node` is true, and not when it is false or null. */
  truth(node: ExpressionNode): string {
    if (node.kind !== "binary") return `${this.value(node)} === true`;
    const { operator, left, right } = node;
    if (operator === "&&" || operator === "||") {
      const result = this.let(this.truth(left));
      this.block(operator === "&&" ? `if (${result})` : `if (!${result})`, () => {
        this.emit(`${result} = ${this.truth(right)};`);
      });
      return result;
    }
    // a comparison with NaN is false
    const numbers = nullIsNan(left.type) && nullIsNan(right.type) && operator !== "!=";
    const scalars = operator === "==" && isScalar(left.type) && (isGiven(left) || isGiven(right));
    if (!numbers && !scalars) return `${this.value(node)} === true`;
    const a = this.value(left);
    return this.let(`${a} ${operator === "==" ? "===" : operator} ${this.value(right)}`);
  }

  /** In this form a value is computed, and its own statements written, before the statement that takes it. */
  emit(statements: string): void {
    this.body += statements;
  }

  let(value: string): string {
    const name = `t${this.#temporaries++}`;
    this.emit(`let ${name} = ${value};`);
    return name;
  }

  /** What is computed inside is not known outside. */
  block(head: string, write: () => void): void {
    this.emit(`${head} {`);
    this.#computed.push(new Map());
    write();
    this.#computed.pop();
    this.emit("}");
  }

  protected literal(value: unknown): string {
    const known = this.literals.findIndex((other) => Object.is(other, value));
    return `k${known < 0 ? this.literals.push(value) - 1 : known}`;
  }

  /** Of a node that is no literal, field or variable, and not yet computed. */
  protected compute(node: ExpressionNode, type: ValueType): string {
    switch (node.kind) {
      case "unary": {
        const operand = this.value(node.operand);
        if (node.operator === "!") return this.let(`${operand} === null ? null : !${operand}`);
        return this.let(node.type === "integer" ? `0 - ${operand}` : `-${operand}`);
      }
      case "binary":
        return this.#binary(node);
      case "conditional":
        return this.#conditional(node, node.type === "null" ? type : node.type);
      case "list":
      case "map":
        return this.#collection(node.kind, node.items, node.type);
      case "builtin":
        return this.#builtin(node);
      case "call":
        return this.#call(node);
      case "macro":
      case "bind":
        return macroCode(node, this);
      default:
        throw new Error(`no code for ${node.kind}`);
    }
  }

  #conditional(node: ConditionalNode, type: ValueType): string {
    const condition = this.value(node.condition);
    const result = this.let(nullOf(type));
    this.block(`if (${condition} === true)`, () => {
      this.emit(`${result} = ${this.value(node.whenTrue, type)};`);
    });
    this.block(`else if (${condition} === false)`, () => {
      this.emit(`${result} = ${this.value(node.whenFalse, type)};`);
    });
    return result;
  }

  #binary({ operator, left, right, type }: BinaryNode): string {
    if (operator === "&&" || operator === "||") {
      const stop = operator === "&&" ? "false" : "true";
      const result = this.let(this.value(left));
      this.block(`if (${result} !== ${stop})`, () => {
        const other = this.value(right);
        this.emit(`if (${other} === ${stop} || ${other} === null) ${result} = ${other};`);
      });
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
    switch (type) {
      case "integer":
        return this.#integer(operator, a, b);
      case "number":
        return this.let(`${a} ${operator} ${b}`);
      case "timestamp":
      case "duration":
        return this.let(`runtime.${type}(${a} ${operator} ${b})`);
      default:
    }
    const anyNull = this.#anyNull([left, right], [a, b]);
    if (operator === "+") {
      return this.#unless(anyNull, `runtime.${type === "string" ? "concatenate" : "append"}(${a}, ${b})`, "null");
    }
    if (equality && !isScalar(left.type)) {
      return this.#unless(anyNull, `${operator === "!=" ? "!" : ""}runtime.equal(${a}, ${b})`, "null");
    }
    const sign = operator === "==" ? "===" : operator === "!=" ? "!==" : operator;
    return this.#unless(anyNull, `${a} ${sign} ${b}`, "null");
  }

  /** Beyond 2^53, where doubles stop to be exact, is an overflow: null. */
  #integer(operator: string, a: string, b: string): string {
    if (operator === "/") return this.let(`runtime.divideIntegers(${a}, ${b})`);
    if (operator === "%") return this.let(`runtime.remainder(${a}, ${b})`);
    const result = this.let(`${a} ${operator} ${b}${operator === "*" ? " + 0" : ""}`);
    this.emit(`if (${result} > 9007199254740991 || ${result} < -9007199254740991) ${result} = NaN;`);
    return result;
  }

  #collection(kind: "list" | "map", items: readonly ExpressionNode[], type: ValueType): string {
    const of = entryOf(type);
    const itemType = (i: number) => elementOf(type) ?? (i % 2 === 0 ? of?.key : of?.value) ?? "null";
    const names = items.map((item, i) => this.value(item, itemType(i)));
    const list = `[${names.join(", ")}]`;
    return this.#unless(this.#anyNull(items, names), kind === "list" ? list : `runtime.mapOf(${list})`, "null");
  }

  #builtin({ name, type, arguments: [first, second] }: BuiltinNode): string {
    if (first === undefined) throw new Error(`${name} has no operand`);
    if (name === "has") return this.let(`!(${isNull(this.value(first), first.type)})`);
    if (second === undefined) throw new Error(`${name} has one operand`);
    if (name === "in") return this.#in(first, second);
    if (name === "orValue") {
      const result = this.let(this.value(first, type));
      this.block(`if (${isNull(result, type)})`, () => {
        this.emit(`${result} = ${this.value(second, type)};`);
      });
      return result;
    }
    const [collection, key] = [this.value(first), this.value(second)];
    const found = entryOf(first.type) === undefined ? `${collection}[${key}]` : `${collection}.get(${key})`;
    return this.#unless(this.#anyNull([first, second], [collection, key]), `${found} ?? ${nullOf(type)}`, nullOf(type));
  }

  #in(item: ExpressionNode, collection: ExpressionNode): string {
    const a = this.value(item);
    const scalar = isScalar(item.type);
    if (collection.kind === "list" && scalar) {
      const names = collection.items.map((entry) => this.value(entry));
      const anyNull = this.#anyNull([item, ...collection.items], [a, ...names]);
      return this.#unless(anyNull, names.map((name) => `${a} === ${name}`).join(" || ") || "false", "null");
    }
    if (collection.kind === "literal" && Array.isArray(collection.value) && scalar) {
      const set = this.literal(new Set<unknown>(collection.value));
      return this.#unless(this.#anyNull([item], [a]), `${set}.has(${a})`, "null");
    }
    const within = this.value(collection);
    const test = entryOf(collection.type) === undefined ? `runtime.includes(${within}, ${a})` : `${within}.has(${a})`;
    return this.#unless(this.#anyNull([item, collection], [a, within]), test, "null");
  }

  #call(node: CallNode): string {
    const parameters = OVERLOADS_BY_SIGNATURE.get(node.signature)?.parameters ?? [];
    const names = node.arguments.map((argument, i) => this.#operand(argument, parameters[i]));
    if (this.loops > 0) this.#spend(node.arguments[0], names[0]);
    const call = `${this.literal(IMPLEMENTATIONS[node.signature])}(${names.join(", ")})`;
    // a function of any list does not know what its null is
    const generic = node.signature.endsWith(": T") && nullIsNan(node.type);
    return this.#unless(this.#anyNull(node.arguments, names), generic ? `${call} ?? NaN` : call, nullOf(node.type));
  }

  /** A call costs as much as what it reads: without that, a loop over regular expressions of large texts takes minutes. */
  #spend(node: ExpressionNode | undefined, name: string | undefined): void {
    const shift =
      node?.type === "string" ? 6 : node !== undefined && elementOf(node.type) !== undefined ? 4 : undefined;
    if (shift === undefined) return;
    this.emit(`if (${name} !== null && (left -= ${name}.length >> ${shift}) < 0) runtime.tooManyIterations();`);
  }

  #operand(node: ExpressionNode, parameter: string | undefined): string {
    const text = node.kind === "literal" && typeof node.value === "string" ? node.value : undefined;
    if (parameter === "pattern" && text !== undefined) return this.literal(RE2JS.compile(text));
    if (parameter === "path" && text !== undefined) return this.literal(jsonPath(text));
    return this.value(node);
  }

  #anyNull(nodes: readonly ExpressionNode[], names: readonly string[]): string {
    const tests = nodes.map((node, i) => (isGiven(node) ? "" : isNull(names[i] ?? "null", node.type)));
    return tests.filter((test) => test !== "").join(" || ");
  }

  #unless(condition: string, value: string, otherwise: string): string {
    return this.let(condition === "" ? value : `${condition} ? ${otherwise} : ${value}`);
  }
}
