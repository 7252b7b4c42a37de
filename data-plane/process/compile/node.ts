import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { CheckedExpression } from "@o2mc/schema/expression/parse.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { generate, type ExpressionLoops } from "./generate.ts";
import { nodeKey } from "./node-key.ts";

/**
 * A column that can be computed, named by what it is computed from: equal ones are one node, so that pipelines of a lane
 * share them.
 */
export type Node = InputNode | ExpressionNode | ChangeNode | PartNode;

interface NodeBase {
  readonly id: number;
  readonly type: FieldType;
  /** pipelines that may ask for it */
  readonly owners: Set<string>;
}

/** A column of the batch itself. */
export interface InputNode extends NodeBase {
  readonly kind: "input";
  readonly name: string;
}

export interface ExpressionNode extends NodeBase {
  readonly kind: "expression";
  readonly loops: ExpressionLoops;
  /** in the order of `loops.fields` */
  readonly inputs: readonly Node[];
}

/** A function of one column's cells, null for null; of a text it is asked once per distinct text, unless it is timed. */
export interface ChangeNode extends NodeBase {
  readonly kind: "change";
  readonly input: Node;
  readonly change: Change;
  /** it depends on the row's time too */
  readonly timed: boolean;
}

/** `time` is the row's event time, epoch ms. */
export type Change = (value: Exclude<Scalar, null>, time: number) => Scalar;

/** One part of what a parser makes of a text column; null where it fails or has none. Each distinct text is parsed once for all parts. */
export interface PartNode extends NodeBase {
  readonly kind: "part";
  readonly input: Node;
  readonly parser: Parser;
  /** of what `parse` returns; undefined = whether it returns anything: true, or a failure of the row */
  readonly part: number | undefined;
}

export interface Parser {
  /** says what it does: parsers of equal keys do the same */
  readonly key: string;
  /** The parts of a text, each null or of its column's type; undefined when it is nothing of the kind. */
  readonly parse: (text: string) => readonly Scalar[] | undefined;
}

/** A text that a parser makes nothing of, where that is a failure. */
export class Unparsable extends Error {
  override readonly name = "Unparsable";
}

/** The nodes of one kind of batch. */
export class NodeTable {
  readonly #nodes = new Map<string, Node>();

  get size(): number {
    return this.#nodes.size;
  }

  input(name: string, type: FieldType, owner: string): Node {
    return this.#intern(`input ${name} ${type}`, owner, (base) => ({ ...base, kind: "input", type, name }));
  }

  expression(checked: CheckedExpression, inputs: readonly Node[], owner: string): Node {
    const [only] = inputs;
    if (checked.ast.kind === "field" && only?.type === checked.type) return only;
    const key = `expression ${nodeKey(checked.ast, (path) => inputs[checked.fields.indexOf(path)]?.id ?? -1)}`;
    return this.#intern(key, owner, (base) => ({
      ...base,
      kind: "expression",
      type: checked.type,
      loops: generate(checked),
      inputs,
    }));
  }

  /** `name` says what `change` does: equal names must do the same. */
  change(name: string, input: Node, type: FieldType, change: Change, timed: boolean, owner: string): Node {
    return this.#intern(`${name} ${type} ${input.id}`, owner, (base) => ({
      ...base,
      kind: "change",
      type,
      input,
      change,
      timed,
    }));
  }

  part(parser: Parser, part: number | undefined, input: Node, type: FieldType, owner: string): Node {
    return this.#intern(`part ${part} ${type} ${input.id} ${parser.key}`, owner, (base) => ({
      ...base,
      kind: "part",
      type,
      input,
      parser,
      part,
    }));
  }

  #intern(key: string, owner: string, create: (base: Pick<NodeBase, "id" | "owners">) => Node): Node {
    let node = this.#nodes.get(key);
    if (node === undefined) this.#nodes.set(key, (node = create({ id: this.#nodes.size, owners: new Set() })));
    node.owners.add(owner);
    return node;
  }
}
