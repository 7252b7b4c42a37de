import { cellAt, kindOf } from "@o2mc/schema/events/columns/column.ts";
import type { Batch } from "./batch.ts";
import type { ChangeNode, Node } from "./node.ts";
import { partOf } from "./part.ts";
import { TextMemos } from "./text-memos.ts";
import { identity, type Selection, type Vector } from "./vector.ts";

/** Why a row could not be computed, and which node failed on it. */
export class NodeFailure extends Error {
  override readonly name = "NodeFailure";
  readonly node: Node;

  constructor(node: Node, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.node = node;
  }
}

/**
 * The columns of one batch, each computed when first asked for: what several pipelines may ask for at all rows, the
 * rest at the rows that its only pipeline has left, which later askings only narrow.
 */
export class Evaluation {
  readonly batch: Batch;
  readonly #columns: (Vector | undefined)[] = [];
  readonly #memos: TextMemos;
  readonly #parent: Evaluation | undefined;

  constructor(batch: Batch, parent?: Evaluation) {
    this.batch = batch;
    this.#parent = parent;
    this.#memos = parent === undefined ? new TextMemos() : parent.#memos;
  }

  /**
   * For a line of its own over some of the rows that this one has come to: what is computed already and what is shared
   * anyway it takes from here; what it computes itself stays its own, as rows are missing from it.
   */
  fork(): Evaluation {
    return new Evaluation(this.batch, this);
  }

  #known(node: Node): Vector | undefined {
    return this.#columns[node.id] ?? (this.#parent === undefined ? undefined : this.#parent.#known(node));
  }

  /** @throws NodeFailure */
  column(node: Node, rows: Selection): Vector {
    const known = this.#known(node);
    if (known !== undefined) return known;
    if (this.#parent !== undefined && (node.kind === "input" || node.owners.size > 1)) {
      return this.#parent.column(node, rows);
    }
    const column = this.#compute(node, node.owners.size > 1 ? this.batch.rows : rows);
    this.#columns[node.id] = column;
    return column;
  }

  /** The rows of `rows` where `node` is true. */
  select(node: Node, rows: Selection): Selection {
    if (node.kind === "expression" && this.#known(node) === undefined && node.owners.size === 1) {
      const inputs = node.inputs.map((input) => this.column(input, rows));
      return attempt(node, () => node.loops.select(this.batch.n, rows, inputs, this.#memos));
    }
    const { values } = this.column(node, rows);
    return rows.filter((row) => values[row] === 1);
  }

  #compute(node: Node, rows: Selection): Vector {
    switch (node.kind) {
      case "input":
        return this.batch.column(node.name, node.type);
      case "expression": {
        const inputs = node.inputs.map((input) => this.column(input, rows));
        return attempt(node, () => node.loops.evaluate(this.batch.n, rows, inputs, this.#memos));
      }
      case "change": {
        const input = this.column(node.input, rows);
        return attempt(node, () => changed(node, input, this.batch, rows));
      }
      case "part": {
        const input = this.column(node.input, rows);
        return attempt(node, () => partOf(node, input, this.batch.n, rows, this.#memos));
      }
    }
  }
}

function attempt<T>(node: Node, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof NodeFailure ? error : new NodeFailure(node, error);
  }
}

function changed({ change, type, timed }: ChangeNode, input: Vector, { n, time }: Batch, rows: Selection): Vector {
  const kind = kindOf(type);
  if (kind === "text" && input.kind === "text" && !timed) {
    const { codes, values } = input;
    const made = new Array<string | null>(values.length);
    for (const row of rows) {
      const code = codes[row] as number;
      if (made[code] !== undefined) continue;
      const value = values[code] ?? null;
      made[code] = value === null ? null : (change(value, NaN) as string | null);
    }
    return { kind, codes, values: made };
  }
  if (kind === "flag") throw new Error("no step makes flags of single cells");
  const at = (row: number) => {
    const value = cellAt(input, row);
    return value === null ? null : change(value, time[row] as number);
  };
  if (kind === "text") {
    const values = new Array<string | null>(n);
    for (const row of rows) values[row] = at(row) as string | null;
    return { kind, codes: identity(n), values };
  }
  const values = new Float64Array(n);
  for (const row of rows) values[row] = (at(row) as number | null) ?? NaN;
  return { kind, values };
}
