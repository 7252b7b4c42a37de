import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { StepVerb } from "@o2mc/schema/pipeline/definition.ts";
import { noCounts, type StepCounters } from "@o2mc/schema/health/step-counters.ts";
import { checkExpression } from "@o2mc/schema/expression/parse.ts";
import type { Place } from "@o2mc/schema/pipeline/place.ts";
import type { PickingStep, StatefulStep } from "../steps/step.ts";
import { foldExpression } from "./fold.ts";
import { NodeTable, type Change, type Node, type Parser } from "./node.ts";

/** What a stretch of steps does with a batch, in order. Columns are nodes, computed when an operation needs them. */
export type Operation =
  FilterOperation | EmitOperation | KeepOperation | PickOperation | RouteOperation | MarkOperation;

interface OperationBase {
  /** its step */
  readonly at: StepPlace;
  /** what it asks for */
  readonly nodes: readonly Node[];
  /** the columns as its author sees them there, for dead letters */
  readonly columns: ReadonlyMap<string, Node>;
}

export interface FilterOperation extends OperationBase {
  readonly kind: "filter";
}

export interface EmitOperation extends OperationBase {
  readonly kind: "emit";
  readonly output: string;
  /** of `nodes` */
  readonly names: readonly string[];
}

/** Hands the rows to a stateful step; what that gives back is another batch, with which `next` goes on. */
export interface KeepOperation extends OperationBase {
  readonly kind: "keep";
  readonly step: StatefulStep;
  readonly next: Scope;
  /** where late rows go, with an emit and nothing that keeps any; undefined = to the dead letters */
  readonly late: Scope | undefined;
}

/** Lets those of the rows go on that a step picks. */
export interface PickOperation extends OperationBase {
  readonly kind: "pick";
  readonly step: PickingStep;
}

/** Hands rows to lines of their own: to the first one whose condition, the node of the same number, is true. */
export interface RouteOperation extends OperationBase {
  readonly kind: "route";
  readonly lines: readonly Scope[];
  /** for rows that no condition is true for */
  readonly otherwise: Scope | undefined;
  /** what goes into a line is gone from this one; false = all rows go on here too */
  readonly moves: boolean;
}

/** Rows have passed a step, whatever it did; the columns are as they are behind it. */
export interface MarkOperation extends OperationBase {
  readonly kind: "mark";
  /** they are of the step's own making */
  readonly made: boolean;
}

/** A step as dead letters name it, with what it has done. */
export interface StepPlace {
  readonly place: Place;
  readonly verb: StepVerb;
  readonly counters: StepCounters;
}

/**
 * The columns of the current rows while the steps between two stateful ones are gone through: a step changes which node
 * a name stands for, and only filter, emit and a stateful step leave an operation. So renaming and dropping cost
 * nothing, and what nobody asks for is never computed.
 */
export class Scope {
  readonly operations: Operation[] = [];
  readonly #table: NodeTable;
  readonly #owner: string;
  #columns: ReadonlyMap<string, Node>;
  /** the step that brought a node in */
  readonly origins: Map<Node, StepPlace>;
  at: StepPlace = { place: 0, verb: "emit", counters: noCounts() };

  private constructor(
    table: NodeTable,
    owner: string,
    columns: ReadonlyMap<string, Node>,
    origins?: ReadonlyMap<Node, StepPlace>,
  ) {
    this.#table = table;
    this.#owner = owner;
    this.#columns = columns;
    this.origins = new Map(origins);
  }

  static of(table: NodeTable, owner: string, inputs: ReadonlyMap<string, FieldType>): Scope {
    return new Scope(table, owner, new Map([...inputs].map(([name, type]) => [name, table.input(name, type, owner)])));
  }

  /** For a line of its own over the same rows. */
  fork(): Scope {
    return new Scope(this.#table, this.#owner, this.#columns, this.origins);
  }

  read(name: string): Node {
    const node = this.#columns.get(name);
    if (node === undefined) throw new Error(`step ${this.at.place} reads ${name}, which is not there`);
    return node;
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  set(made: Iterable<readonly [string, Node]>): void {
    this.#columns = new Map([...this.#columns, ...made]);
  }

  remove(name: string): void {
    this.#columns = new Map([...this.#columns].filter(([other]) => other !== name));
  }

  expression(source: string, expected?: FieldType): Node {
    const types = new Map([...this.#columns].map(([name, { type }]) => [name, type]));
    const checked = foldExpression(checkExpression(source, types, expected, { envelope: false }));
    return this.#origin(
      this.#table.expression(
        checked,
        checked.fields.map((field) => this.read(field)),
        this.#owner,
      ),
    );
  }

  change(name: string, input: Node, type: FieldType, change: Change, timed = false): Node {
    return this.#origin(this.#table.change(name, input, type, change, timed, this.#owner));
  }

  part(parser: Parser, part: number | undefined, input: Node, type: FieldType): Node {
    return this.#origin(this.#table.part(parser, part, input, type, this.#owner));
  }

  filter(condition: Node): void {
    this.operations.push({ kind: "filter", ...this.#base([condition]) });
  }

  emit(output: string, names: readonly string[]): void {
    this.operations.push({ kind: "emit", output, names, ...this.#base(names.map((name) => this.read(name))) });
  }

  keep(step: StatefulStep, nodes: readonly Node[], late?: Scope): void {
    const next = Scope.of(new NodeTable(), this.#owner, step.outputs);
    this.operations.push({ kind: "keep", step, next, late, ...this.#base(nodes) });
  }

  pick(step: PickingStep, nodes: readonly Node[]): void {
    this.operations.push({ kind: "pick", step, ...this.#base(nodes) });
  }

  route(conditions: readonly Node[], route: Pick<RouteOperation, "lines" | "otherwise" | "moves">): void {
    this.operations.push({ kind: "route", ...route, ...this.#base(conditions) });
  }

  mark(made: boolean): void {
    this.operations.push({ kind: "mark", made, ...this.#base([]) });
  }

  #origin(node: Node): Node {
    if (!this.origins.has(node)) this.origins.set(node, this.at);
    return node;
  }

  #base(nodes: readonly Node[]): OperationBase {
    return { at: this.at, nodes, columns: this.#columns };
  }
}
