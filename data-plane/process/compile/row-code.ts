import type { ExpressionNode, FieldNode, NodeType } from "@o2mc/schema/expression/node.ts";
import { ExpressionCode } from "./expression-code.ts";

/** The body of a loop over rows. */
export class RowCode extends ExpressionCode {
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
class TextCode extends ExpressionCode {
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
