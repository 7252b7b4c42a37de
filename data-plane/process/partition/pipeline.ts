import { createHash } from "node:crypto";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Step, TimeOptions } from "@o2mc/schema/pipeline/definition.ts";
import { placeWithin, type Place } from "@o2mc/schema/pipeline/place.ts";
import { ENVELOPE_TYPES } from "@o2mc/schema/expression/parse.ts";
import type { Batch } from "../compile/batch.ts";
import { Evaluation, NodeFailure } from "../compile/evaluation.ts";
import { ValueTooLarge } from "../compile/limits.ts";
import { Unparsable, type NodeTable } from "../compile/node.ts";
import {
  Scope,
  type KeepOperation,
  type Operation,
  type PickOperation,
  type RouteOperation,
  type StepPlace,
} from "../compile/scope.ts";
import type { Selection, Vector } from "../compile/vector.ts";
import { planStep } from "../steps/plan.ts";
import type { Clock, Memory, Services, StatefulStep, StepContext } from "../steps/step.ts";
import type { Sink } from "./sink.ts";

export interface PipelineState {
  readonly id: string;
  readonly fingerprint: string;
  readonly since: number;
  readonly maxTime: number | null;
  readonly watermark: number | null;
  /** one entry per stateful step */
  readonly steps: readonly unknown[];
}

/** One deployed pipeline on one partition, with its state. */
export class Pipeline {
  readonly id: string;
  /** of everything that the state depends on: equal means that the state can be carried over */
  readonly fingerprint: string;
  readonly time: TimeOptions;
  /** first deployment revision whose frames it sees */
  since: number;
  /** newest event time seen, and the watermark: epoch ms */
  maxTime = -Infinity;
  watermark = -Infinity;
  readonly #line: Scope;
  /** in the order of the definition */
  readonly #stateful: readonly StatefulStep[];
  readonly #memories: readonly Memory[];
  readonly #outputs: ReadonlyMap<string, DeployedPipeline["outputs"][number]>;
  readonly #room: StepContext["room"];

  /**
   * `table` is of the lane's frames: pipelines planned with the same one share their columns. `room` tells whether the
   * partition's state may grow by so many bytes.
   */
  constructor(
    deployed: DeployedPipeline,
    lane: DeployedLane,
    services: Services,
    table: NodeTable,
    room: StepContext["room"],
  ) {
    this.#room = room;
    this.id = deployed.id;
    this.since = deployed.since;
    this.time = deployed.definition.time;
    this.fingerprint = fingerprint(deployed, lane);
    this.#outputs = new Map(deployed.outputs.map((output) => [output.name, output]));
    this.#line = plan(deployed, lane, services, table);
    const operations = [...operationsOf(this.#line)];
    this.#stateful = operations.flatMap((operation) => (operation.kind === "keep" ? [operation.step] : []));
    this.#memories = operations.flatMap((operation) =>
      operation.kind === "pick" && operation.step.memory !== undefined ? [operation.step.memory] : [],
    );
  }

  /** Open sessions and windows. */
  get open(): number {
    return this.#stateful.reduce((sum, step) => sum + step.open, 0);
  }

  /** of memory that its steps' state takes, about */
  get bytes(): number {
    const held = this.#stateful.reduce((sum, step) => sum + step.bytes, 0);
    return this.#memories.reduce((sum, memory) => sum + memory.bytes, held);
  }

  /** Rows of one frame, in log order. `evaluation` is the lane's, of that frame. */
  run(evaluation: Evaluation, watermark: Float64Array, sink: Sink): void {
    const batch = { ...evaluation.batch, watermark };
    this.#runLine(this.#line, { batch, evaluation, rows: batch.rows, cause: "" }, sink);
    this.#advance(this.#line, { watermark: this.watermark, timer: -Infinity }, sink);
  }

  erase(subjectKey: string): void {
    for (const each of [...this.#stateful, ...this.#memories]) each.erase(subjectKey);
  }

  /** The partition is idle and the log's clock stands at `tick`. */
  idle(tick: number, sink: Sink): void {
    const timer = tick - this.time.disorderSeconds * 1000;
    this.watermark = Math.max(this.watermark, Math.min(timer, this.maxTime));
    this.#advance(this.#line, { watermark: this.watermark, timer }, sink);
  }

  #runLine(line: Scope, given: LineRows, sink: Sink): void {
    let current = given;
    for (const operation of line.operations) {
      if (current.rows.length === 0) return;
      try {
        current = this.#operate(operation, current, sink);
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error;
        current = this.#operate(operation, this.#survivors(line, operation, current, sink), sink);
      }
    }
  }

  /** @throws NodeFailure before anything has come of it */
  #operate(operation: Operation, given: LineRows, sink: Sink): LineRows {
    const { batch, evaluation, rows, cause } = given;
    switch (operation.kind) {
      case "filter": {
        const [condition] = operation.nodes;
        return condition === undefined ? given : { ...given, rows: evaluation.select(condition, rows) };
      }
      case "emit": {
        const output = this.#outputs.get(operation.output);
        const columns = operation.nodes.map((node) => evaluation.column(node, rows));
        if (output !== undefined && rows.length > 0) {
          sink.emit({ pipeline: this.id, output, at: operation.at, batch, rows, columns, cause });
        }
        return given;
      }
      case "keep": {
        const inputs = operation.nodes.map((node) => evaluation.column(node, rows));
        const made = this.#inContext(operation, given, sink, (context) =>
          operation.step.run({ batch, rows, inputs }, context),
        );
        this.#runLine(operation.next, rowsOf(made, cause), sink);
        return given;
      }
      case "pick": {
        const inputs = operation.nodes.map((node) => evaluation.column(node, rows));
        const picked = this.#inContext(operation, given, sink, (context) =>
          operation.step.pick({ batch, rows, inputs }, context),
        );
        return { ...given, rows: picked };
      }
      case "route": {
        // all at all rows: whether a row fails on a condition must not hang on which rows came with it
        const conditions = operation.nodes.map((node) => evaluation.column(node, rows));
        const { shares, rest } = shareOut(rows, conditions);
        operation.lines.forEach((line, i) => {
          const share = shares[i];
          if (share !== undefined) this.#runLine(line, { ...given, rows: share, evaluation: evaluation.fork() }, sink);
        });
        const { otherwise, moves } = operation;
        if (otherwise !== undefined) {
          this.#runLine(otherwise, { ...given, rows: rest, evaluation: evaluation.fork() }, sink);
        }
        if (!moves) return given;
        return { ...given, rows: otherwise === undefined ? rest : new Uint32Array(0) };
      }
    }
  }

  /** Lets a step work on rows, and counts those that it refuses. */
  #inContext<T>(
    operation: KeepOperation | PickOperation,
    given: LineRows,
    sink: Sink,
    work: (context: StepContext) => T,
  ): T {
    const refused: number[] = [];
    const late: number[] = [];
    const side = operation.kind === "keep" ? operation.late : undefined;
    const bury = (row: number, code: string, message: string): void =>
      dead(sink, this.id, operation, operation.at, given, row, code, message);
    const result = work({
      dead: bury,
      late: (row, message) => (side === undefined ? bury(row, "late", message) : void late.push(row)),
      room: this.#room,
      refuse: (row) => void refused.push(row),
    });
    refuse(sink, this.id, operation, given, refused);
    if (side !== undefined && late.length > 0) {
      sink.late(late.length);
      this.#runLine(side, { ...given, rows: Uint32Array.from(late), evaluation: given.evaluation.fork() }, sink);
    }
    return result;
  }

  /** What is left when the rows on which `operation` fails have gone to the dead letters. */
  #survivors(line: Scope, operation: Operation, given: LineRows, sink: Sink): LineRows {
    const kept = given.rows.filter((row) => {
      const alone = Uint32Array.of(row);
      const evaluation = new Evaluation({ ...given.batch, rows: alone });
      try {
        for (const node of operation.nodes) evaluation.column(node, alone);
        return true;
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error;
        const at = line.origins.get(error.node) ?? operation.at;
        dead(sink, this.id, operation, at, given, row, codeOf(error.cause), error.message);
        return false;
      }
    });
    // apart from the other pipelines, for whom the rows that fail may still count
    const batch = { ...given.batch, rows: kept };
    return { ...given, batch, rows: kept, evaluation: new Evaluation(batch) };
  }

  #advance(line: Scope, clock: Clock, sink: Sink): void {
    for (const operation of line.operations) {
      if (operation.kind === "pick") operation.step.memory?.expire(clock.watermark);
      if (operation.kind === "route") for (const each of linesOf(operation)) this.#advance(each, clock, sink);
      if (operation.kind !== "keep") continue;
      const { step, next } = operation;
      // the next stateful step takes these rows before its own clock moves past them
      this.#runLine(next, rowsOf(step.advance(clock), `clock-${this.#stateful.indexOf(step) + 1}`), sink);
      this.#advance(next, { watermark: clock.watermark - step.delay, timer: clock.timer - step.delay }, sink);
    }
  }

  snapshot(): PipelineState {
    return {
      id: this.id,
      fingerprint: this.fingerprint,
      since: this.since,
      maxTime: this.maxTime === -Infinity ? null : this.maxTime,
      watermark: this.watermark === -Infinity ? null : this.watermark,
      steps: [...this.#stateful, ...this.#memories].map((each) => each.snapshot()),
    };
  }

  restore(state: PipelineState): void {
    this.since = Math.min(this.since, state.since);
    this.maxTime = state.maxTime ?? -Infinity;
    this.watermark = state.watermark ?? -Infinity;
    [...this.#stateful, ...this.#memories].forEach((each, i) => each.restore(state.steps[i]));
  }
}

/** Rows on their way through a line of steps. */
interface LineRows {
  readonly batch: Batch;
  readonly evaluation: Evaluation;
  readonly rows: Selection;
  readonly cause: string;
}

const rowsOf = (batch: Batch, cause: string): LineRows => ({
  batch,
  evaluation: new Evaluation(batch),
  rows: batch.rows,
  cause,
});

/** The line of the definition's steps, which goes on in those of its operations. */
function plan(
  { id, definition, outputs }: DeployedPipeline,
  lane: DeployedLane,
  services: Services,
  table: NodeTable,
): Scope {
  const inputs = new Map<string, FieldType>(ENVELOPE_TYPES);
  for (const field of lane.fields) inputs.set(field.path, field.type);
  const planLine = (steps: readonly Step[], start: Scope, placeOf: (index: number) => Place): Scope => {
    let scope = start;
    steps.forEach((step, i) => {
      const at = { place: placeOf(i), verb: Object.keys(step)[0] as StepPlace["verb"] };
      scope.at = at;
      planStep(step, scope, services, outputs, (label, line) =>
        planLine(line as readonly Step[], scope.fork(), (index) => placeWithin(at.place, label, index)),
      );
      const last = scope.operations.at(-1);
      if (last?.kind === "keep") scope = last.next;
    });
    return start;
  };
  return planLine(definition.steps, Scope.of(table, id, inputs), (index) => index + 1);
}

const linesOf = ({ lines, otherwise }: RouteOperation): readonly Scope[] =>
  otherwise === undefined ? lines : [...lines, otherwise];

/** Of a line and all that it goes on in, in the order of the definition. */
function* operationsOf({ operations }: Scope): Iterable<Operation> {
  for (const operation of operations) {
    yield operation;
    if (operation.kind === "route") for (const line of linesOf(operation)) yield* operationsOf(line);
    if (operation.kind === "keep") yield* operationsOf(operation.next);
  }
}

/** Each row to the first condition that is true for it. */
function shareOut(rows: Selection, conditions: readonly Vector[]): { shares: Selection[]; rest: Selection } {
  let rest = rows;
  const shares = conditions.map(({ values }) => {
    const share = rest.filter((row) => values[row] === 1);
    rest = rest.filter((row) => values[row] !== 1);
    return share;
  });
  return { shares, rest };
}

function codeOf(cause: unknown): string {
  if (cause instanceof ValueTooLarge) return "too-large";
  return cause instanceof Unparsable ? "unparsable" : "step-failed";
}

/** All are counted and the first is shown: a tenant at its quota must not fill the dead letters, nor its neighbours' hub. */
function refuse(
  sink: Sink,
  pipeline: string,
  operation: KeepOperation | PickOperation,
  given: LineRows,
  refused: readonly number[],
): void {
  const [first] = refused;
  if (first === undefined) return;
  sink.refused(refused.length);
  const message = `the tenant's state is at its quota: ${refused.length} rows of one frame would have begun something new`;
  dead(sink, pipeline, operation, operation.at, given, first, "state-quota", message);
}

/** To the dead letters, with the row as its author would see it at that step. */
function dead(
  sink: Sink,
  pipeline: string,
  { columns }: Operation,
  at: StepPlace,
  { batch }: LineRows,
  row: number,
  code: string,
  message: string,
): void {
  const alone = Uint32Array.of(row);
  const evaluation = new Evaluation({ ...batch, rows: alone });
  const cells: Record<string, Scalar> = {};
  for (const [name, node] of columns) {
    try {
      cells[name] = cellAt(evaluation.column(node, alone), row);
    } catch {
      // it is the one that fails, or is made of it
      cells[name] = null;
    }
  }
  const subjectKey = batch.key === undefined ? undefined : String(cellAt(batch.key, row));
  sink.dead(pipeline, at, subjectKey, cells, code, message);
}

/** Field types are part of it only as far as the outputs show them; a changed type changes its expressions' results there. */
function fingerprint(deployed: DeployedPipeline, lane: DeployedLane): string {
  const columns = deployed.outputs.map(({ name, columns }) => [name, columns.map((c) => [c.name, c.type])]);
  return createHash("sha256")
    .update(JSON.stringify([lane.id, deployed.definition, columns]))
    .digest("base64url");
}
