import { childrenOf, type ExpressionNode, type FieldNode } from "@o2mc/schema/expression/node.ts";
import type { ValueType } from "@o2mc/schema/expression/value-type.ts";
import { ExpressionCode } from "./expression-code.ts";
import { MAX_ITERATIONS } from "./limits.ts";
import { nodeKey } from "./node-key.ts";

const BUDGET = `let left = ${MAX_ITERATIONS};`;

/** The body of a loop over rows. */
export class RowCode extends ExpressionCode {
  /** before the loop: the columns, and the functions of one text with what they have computed */
  head = "";
  readonly #fields: readonly string[];
  readonly #reads = new Map<number, string>();
  readonly #memos = new Map<string, number>();

  constructor(fields: readonly string[], literals: unknown[]) {
    super(literals);
    this.#fields = fields;
  }

  /** fields are read first, as a block that reads one may not be the only one */
  get loop(): string {
    return (this.iterates ? BUDGET : "") + [...this.#reads.values()].join("") + this.body;
  }

  /** Which field a text expression depends on alone; -1 when on none, several or one that is no text. */
  oneText(node: ExpressionNode): number {
    const fields = new Map<string, ValueType>();
    if (!collectFields(node, fields, new Set())) return -1;
    const [only] = fields;
    return only !== undefined && fields.size === 1 && only[1] === "string" ? this.#fields.indexOf(only[0]) : -1;
  }

  /** The node once per text of its one field, however cheap it is. */
  wholePerText(node: ExpressionNode): void {
    this.#perText(node, node.type, this.oneText(node));
  }

  protected override compute(node: ExpressionNode, type: ValueType): string {
    const j = isCostly(node) ? this.oneText(node) : -1;
    return j < 0 ? super.compute(node, type) : this.#perText(node, type, j);
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

  #column(j: number, type: ValueType): void {
    if (this.head.includes(`const v${j} `)) return;
    this.head += `const v${j} = columns[${j}].values;`;
    if (type === "string") this.head += `const c${j} = columns[${j}].codes;`;
  }

  #perText(node: ExpressionNode, type: ValueType, j: number): string {
    const m = this.memo(node, type, j);
    const name = this.let(`m${m}[c${j}[i]]`);
    this.body += `if (${name} === undefined) ${name} = m${m}[c${j}[i]] = e${m}(v${j}[c${j}[i]], c${j}[i]);`;
    return name;
  }

  /** The number of the function of a text, and of what it has computed. */
  memo(node: ExpressionNode, type: ValueType, j: number): number {
    this.#column(j, "string");
    const key = nodeKey(node, () => "text");
    const known = this.#memos.get(`${j} ${key}`);
    if (known !== undefined) return known;
    const m = this.#memos.size;
    this.#memos.set(`${j} ${key}`, m);
    const code = new TextCode(this.literals, node, (inner) => this.memo(inner, inner.type, j));
    const result = code.value(node, type);
    this.head +=
      `const m${m} = memos.of(v${j}, ${this.literal(key)});` +
      `const e${m} = (f, c) => { ${code.iterates ? BUDGET : ""}${code.body} return ${result}; };`;
    return m;
  }
}

/** The body of a function of one text `f`, whose code is `c`. */
class TextCode extends ExpressionCode {
  readonly #whole: ExpressionNode;
  readonly #memo: (node: ExpressionNode) => number;

  constructor(literals: unknown[], whole: ExpressionNode, memo: (node: ExpressionNode) => number) {
    super(literals);
    this.#whole = whole;
    this.#memo = memo;
  }

  /** Another expression may ask the same of the text. */
  protected override compute(node: ExpressionNode, type: ValueType): string {
    if (node === this.#whole || !isExpensive(node)) return super.compute(node, type);
    const m = this.#memo(node);
    const name = this.let(`m${m}[c]`);
    this.body += `if (${name} === undefined) ${name} = m${m}[c] = e${m}(f, c);`;
    return name;
  }

  protected field(): string {
    return "f";
  }
}

/** false when the node needs what a macro around it has bound. */
function collectFields(node: ExpressionNode, fields: Map<string, ValueType>, bound: ReadonlySet<number>): boolean {
  if (node.kind === "field") fields.set(node.path, node.type);
  if (node.kind === "variable") return bound.has(node.id);
  const inside = node.kind === "macro" || node.kind === "bind" ? new Set([...bound, node.variable.id]) : bound;
  return childrenOf(node).every((child) => collectFields(child, fields, inside));
}

/** Whether looking up what was computed before is cheaper than computing it. */
function isCostly(node: ExpressionNode): boolean {
  switch (node.kind) {
    case "call":
    case "macro":
    case "list":
    case "map":
      return true;
    case "builtin":
      return node.name === "in" || node.name === "index" || node.arguments.some(isCostly);
    case "binary":
      return (node.operator === "+" && node.type === "string") || isCostly(node.left) || isCostly(node.right);
    default:
      return childrenOf(node).some(isCostly);
  }
}

const EXPENSIVE = /^(?:url|userAgent|json|regex)\.|matches\(|^(?:sha|md)\d+\(/;

/** A call that takes far longer than to look up what it gave, of operands that are the same for every row. */
function isExpensive(node: ExpressionNode): boolean {
  if (node.kind !== "call" || !EXPENSIVE.test(node.signature)) return false;
  const fields = new Map<string, ValueType>();
  return collectFields(node, fields, new Set()) && fields.size === 1;
}
