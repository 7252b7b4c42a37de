import type { BindNode, ExpressionNode, MacroNode } from "@o2mc/schema/expression/node.ts";
import { entryOf } from "@o2mc/schema/expression/value-type.ts";
import { isNull, nullOf } from "./null-code.ts";

/** What is being written. */
interface Code {
  /** some macro is in it, so `left` must be declared */
  iterates: boolean;
  /** how many macros are around what is being written */
  loops: number;
  /** what macros have bound */
  readonly variables: Map<number, string>;
  let(value: string): string;
  emit(statements: string): void;
  block(head: string, write: () => void): void;
  value(node: ExpressionNode): string;
}

/** A loop over a list in memory, or a name for a value; returns the name of the result. */
export function macroCode(node: MacroNode | BindNode, code: Code): string {
  return node.kind === "bind" ? bindCode(node, code) : loopCode(node, code);
}

function bindCode({ type, variable, value, body }: BindNode, code: Code): string {
  const result = code.let(nullOf(type));
  code.block("", () => {
    code.variables.set(variable.id, code.value(value));
    code.emit(`${result} = ${code.value(body)};`);
  });
  return result;
}

function loopCode(node: MacroNode, code: Code): string {
  const { name, range, variable } = node;
  code.iterates = true;
  const whole = code.value(range);
  const list = code.let(entryOf(range.type) === undefined ? whole : `${whole} === null ? null : [...${whole}.keys()]`);
  const result = code.let("null");
  code.block(`if (${list} !== null)`, () => {
    code.emit(`${result} = ${START[name]};`);
    const found = name === "exists_one" ? code.let("0") : "";
    code.block(`for (const x${list} of ${list})`, () => {
      code.emit("if (--left < 0) runtime.tooManyIterations();");
      code.variables.set(variable.id, `x${list}`);
      code.loops++;
      iterationCode(node, code, result, found);
      code.loops--;
    });
    if (name === "exists_one") code.emit(`if (${result} !== null) ${result} = ${found} === 1;`);
  });
  return result;
}

/** what a list without entries gives */
const START: Readonly<Record<MacroNode["name"], string>> = {
  all: "true",
  exists: "false",
  exists_one: "false",
  filter: "[]",
  map: "[]",
};

function iterationCode({ name, variable, condition, value }: MacroNode, code: Code, result: string, found: string) {
  const test = condition === undefined ? "true" : code.value(condition);
  if (name === "all" || name === "exists") {
    // one that decides outweighs all that are null
    const decides = name === "all" ? "false" : "true";
    code.emit(`if (${test} === ${decides}) { ${result} = ${decides}; break; } if (${test} === null) ${result} = null;`);
    return;
  }
  if (condition !== undefined) code.emit(`if (${test} === null) { ${result} = null; break; }`);
  if (name === "exists_one") {
    code.emit(`if (${test}) ${found}++;`);
    return;
  }
  code.block(`if (${test})`, () => {
    const made = value === undefined ? (code.variables.get(variable.id) ?? "null") : code.value(value);
    if (value !== undefined) code.emit(`if (${isNull(made, value.type)}) { ${result} = null; break; }`);
    code.emit(`${result}.push(${made});`);
  });
}
