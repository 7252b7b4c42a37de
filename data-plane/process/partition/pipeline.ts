import { createHash } from "node:crypto";
import type { DeployedLane, DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import type { TimeOptions } from "@o2mc/schema/pipeline/definition.ts";
import type { StepCounters } from "@o2mc/schema/health/step-counters.ts";
import type { StepHealth } from "@o2mc/schema/health/lane-health.ts";
import { placeId } from "@o2mc/schema/pipeline/place.ts";
import type { Batch } from "../compile/batch.ts";
import { Evaluation, NodeFailure } from "../compile/evaluation.ts";
import { ValueTooLarge } from "../compile/limits.ts";
import { Unparsable, type NodeTable } from "../compile/node.ts";
import {
  type Scope,
  type KeepOperation,
  type MarkOperation,
  type Operation,
  type PickOperation,
  type StepPlace,
} from "../compile/scope.ts";
import type { Selection, Vector } from "../compile/vector.ts";
import type { Clock, Limit, Memory, Services, StatefulStep, StepContext } from "../steps/step.ts";
import { cellsOf, dead, refuse } from "./dead-row.ts";
import { linesOf, operationsOf, planPipeline } from "./plan-pipeline.ts";
import type { Sink } from "./sink.ts";
import type { Trace } from "./trace.ts";

export interface PipelineState {
  readonly id: string;
  readonly fingerprint: string;
  readonly since: number;
  readonly maxTime: number | null;
  readonly watermark: number | null;
  /** one entry for each step that holds state */
  readonly steps: readonly unknown[];
}

/** What a pipeline is watched with, and how much it may keep. */
export interface Instruments {
  /** Whether the partition's state may grow by so many bytes. */
  readonly room: StepContext["room"];
  /** ms; results never hang on it */
  readonly clock: () => number;
  readonly trace: Trace | undefined;
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
  /** all that holds state: these, then what steps remember that pick rows */
  readonly #states: readonly (StatefulStep | Memory)[];
  readonly #outputs: ReadonlyMap<string, DeployedPipeline["outputs"][number]>;
  readonly #instruments: Instruments;
  readonly #places: readonly StepPlace[];
  /** what time goes to now, and since when (ms) */
  #working: StepCounters | undefined;
  #since = 0;

  /** `table` is of the lane's frames: pipelines planned with the same one share their columns. */
  constructor(
    deployed: DeployedPipeline,
    lane: DeployedLane,
    services: Services,
    table: NodeTable,
    instruments: Instruments,
  ) {
    this.#instruments = instruments;
    this.id = deployed.id;
    this.since = deployed.since;
    this.time = deployed.definition.time;
    this.fingerprint = fingerprint(deployed, lane);
    this.#outputs = new Map(deployed.outputs.map((output) => [output.name, output]));
    const { line, places } = planPipeline(deployed, lane, services, table);
    this.#line = line;
    this.#places = places;
    const operations = [...operationsOf(this.#line)];
    this.#stateful = operations.flatMap((operation) => (operation.kind === "keep" ? [operation.step] : []));
    const memories = operations.flatMap((operation) =>
      operation.kind === "pick" && operation.step.memory !== undefined ? [operation.step.memory] : [],
    );
    this.#states = [...this.#stateful, ...memories];
  }

  /** Open sessions and windows. */
  get open(): number {
    return this.#stateful.reduce((sum, step) => sum + step.open, 0);
  }

  /** of memory that its steps' state takes, about */
  get bytes(): number {
    return this.#states.reduce((sum, each) => sum + each.bytes, 0);
  }

  /** What each step has done and holds, in the order of the definition. */
  steps(): readonly StepHealth[] {
    const held = new Map<StepPlace, Pick<StepHealth, "keys" | "bytes">>();
    for (const operation of operationsOf(this.#line)) {
      const { at } = operation;
      if (operation.kind === "keep") held.set(at, { keys: operation.step.open, bytes: operation.step.bytes });
      const memory = operation.kind === "pick" ? operation.step.memory : undefined;
      if (memory !== undefined) held.set(at, { keys: null, bytes: memory.bytes });
    }
    return this.#places.map((at) => ({
      place: placeId(at.place),
      verb: at.verb,
      ...at.counters,
      ...(held.get(at) ?? { keys: null, bytes: 0 }),
    }));
  }

  /** Goes on where the same pipeline was before a deployment. */
  continue(before: Pipeline): void {
    this.restore(before.snapshot());
    this.#places.forEach(({ counters }, i) => Object.assign(counters, before.#places[i]?.counters));
  }

  /** Rows of one frame, in log order. `evaluation` is the lane's, of that frame. */
  run(evaluation: Evaluation, watermark: Float64Array, sink: Sink): void {
    const batch = { ...evaluation.batch, watermark };
    this.#runLine(this.#line, { batch, evaluation, rows: batch.rows, cause: "" }, sink);
    this.#advance(this.#line, { watermark: this.watermark, timer: -Infinity }, sink);
  }

  erase(subjectKey: string): void {
    for (const each of this.#states) each.erase(subjectKey);
  }

  /** The partition is idle and the log's clock stands at `tick`. */
  idle(tick: number, sink: Sink): void {
    const timer = tick - this.time.disorderSeconds * 1000;
    this.watermark = Math.max(this.watermark, Math.min(timer, this.maxTime));
    this.#advance(this.#line, { watermark: this.watermark, timer }, sink);
  }

  #runLine(line: Scope, given: LineRows, sink: Sink): void {
    if (given.rows.length === 0) return;
    let current = given;
    let entered = given.rows.length;
    for (const operation of line.operations) {
      if (operation.kind === "mark") {
        this.#passed(operation, entered, current);
        entered = current.rows.length;
        if (entered === 0) return;
      } else if (current.rows.length > 0) {
        const outer = this.#work(operation.at.counters);
        try {
          current = this.#operate(operation, current, sink);
        } catch (error) {
          if (!(error instanceof NodeFailure)) throw error;
          current = this.#operate(operation, this.#survivors(line, operation, current, sink), sink);
        }
        this.#work(outer);
      }
    }
  }

  #passed(mark: MarkOperation, entered: number, { batch, rows }: LineRows): void {
    const { counters } = mark.at;
    if (!mark.made) counters.in += entered;
    counters.out += rows.length;
    this.#instruments.trace?.({
      pipeline: this.id,
      at: mark.at,
      ids: () => Array.from(rows, batch.id),
      cells: (index) => cellsOf(mark, batch, rows[index] as number),
    });
  }

  /** From now on, time goes to these counters; returns those that it went to. */
  #work(counters: StepCounters | undefined): StepCounters | undefined {
    const before = this.#working;
    const now = this.#instruments.clock();
    if (before !== undefined) before.nanoseconds += (now - this.#since) * 1e6;
    this.#working = counters;
    this.#since = now;
    return before;
  }

  /** @throws NodeFailure before anything has come of it */
  #operate(operation: Exclude<Operation, MarkOperation>, given: LineRows, sink: Sink): LineRows {
    const { batch, evaluation, rows, cause } = given;
    switch (operation.kind) {
      case "filter": {
        const [condition] = operation.nodes;
        if (condition === undefined) return given;
        const kept = evaluation.select(condition, rows);
        operation.at.counters.dropped += rows.length - kept.length;
        return { ...given, rows: kept };
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
        operation.at.counters.in += rows.length;
        const made = this.#inContext(operation, given, sink, (context) =>
          operation.step.run({ batch, rows, inputs }, context),
        );
        this.#runLine(operation.next, rowsOf(made, cause), sink);
        return given;
      }
      case "pick": {
        const inputs = operation.nodes.map((node) => evaluation.column(node, rows));
        const { counters } = operation.at;
        const lost = counters.failed + counters.late + counters.refused;
        const picked = this.#inContext(operation, given, sink, (context) =>
          operation.step.pick({ batch, rows, inputs }, context),
        );
        counters.dropped += rows.length - picked.length - (counters.failed + counters.late + counters.refused - lost);
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
    const refused = new Map<Limit, number[]>();
    const late: number[] = [];
    const side = operation.kind === "keep" ? operation.late : undefined;
    const bury = (row: number, code: string, message: string): void =>
      dead(sink, this.id, operation, operation.at, given, row, code, message);
    const result = work({
      dead: bury,
      late: (row, message) => (side === undefined ? bury(row, "late", message) : void late.push(row)),
      room: this.#instruments.room,
      refuse: (row, limit = "state-quota") => {
        const rows = refused.get(limit);
        if (rows === undefined) refused.set(limit, [row]);
        else rows.push(row);
      },
    });
    for (const [limit, rows] of refused) refuse(sink, this.id, operation, given, limit, rows);
    if (side !== undefined && late.length > 0) {
      sink.late(late.length);
      operation.at.counters.late += late.length;
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
      const outer = this.#work(operation.at.counters);
      const made = step.advance(clock);
      this.#work(outer);
      // the next stateful step takes these rows before its own clock moves past them
      this.#runLine(next, rowsOf(made, `clock-${this.#stateful.indexOf(step) + 1}`), sink);
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
      steps: this.#states.map((each) => each.snapshot()),
    };
  }

  restore(state: PipelineState): void {
    this.since = Math.min(this.since, state.since);
    this.maxTime = state.maxTime ?? -Infinity;
    this.watermark = state.watermark ?? -Infinity;
    this.#states.forEach((each, i) => each.restore(state.steps[i]));
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

/** Field types are part of it only as far as the outputs show them; a changed type changes its expressions' results there. */
function fingerprint(deployed: DeployedPipeline, lane: DeployedLane): string {
  const columns = deployed.outputs.map(({ name, columns }) => [name, columns.map((c) => [c.name, c.type])]);
  return createHash("sha256")
    .update(JSON.stringify([lane.id, deployed.definition, columns]))
    .digest("base64url");
}
