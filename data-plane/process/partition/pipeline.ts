import { createHash } from "node:crypto";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { TimeOptions } from "@o2mc/schema/pipeline/definition.ts";
import { ENVELOPE_TYPES } from "@o2mc/schema/expression/parse.ts";
import type { Batch } from "../compile/batch.ts";
import { Evaluation, NodeFailure } from "../compile/evaluation.ts";
import { ValueTooLarge } from "../compile/limits.ts";
import { NodeTable } from "../compile/node.ts";
import { Scope, type KeepOperation, type Operation, type StepPlace } from "../compile/scope.ts";
import type { Selection } from "../compile/vector.ts";
import { planStep } from "../steps/plan.ts";
import type { Clock, Services, StatefulStep, StepContext } from "../steps/step.ts";
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

/** The steps up to and with the next stateful one. */
interface Stage {
  readonly operations: readonly Operation[];
  readonly origins: Scope["origins"];
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
  readonly #stages: readonly Stage[];
  readonly #stateful: readonly StatefulStep[];
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
    this.#stages = stagesOf(deployed, lane, services, table);
    this.#stateful = this.#stages.flatMap(({ operations }) =>
      operations.flatMap((operation) => (operation.kind === "keep" ? [operation.step] : [])),
    );
  }

  /** Open sessions and windows. */
  get open(): number {
    return this.#stateful.reduce((sum, step) => sum + step.open, 0);
  }

  /** of memory that its steps' state takes, about */
  get bytes(): number {
    return this.#stateful.reduce((sum, step) => sum + step.bytes, 0);
  }

  /** Rows of one frame, in log order. `evaluation` is the lane's, of that frame. */
  run(evaluation: Evaluation, watermark: Float64Array, sink: Sink): void {
    const batch = { ...evaluation.batch, watermark };
    this.#runStage(0, { batch, evaluation, rows: batch.rows, cause: "" }, sink);
    this.#advance({ watermark: this.watermark, timer: -Infinity }, sink);
  }

  erase(subjectKey: string): void {
    for (const step of this.#stateful) step.erase(subjectKey);
  }

  /** The partition is idle and the log's clock stands at `tick`. */
  idle(tick: number, sink: Sink): void {
    const timer = tick - this.time.disorderSeconds * 1000;
    this.watermark = Math.max(this.watermark, Math.min(timer, this.maxTime));
    this.#advance({ watermark: this.watermark, timer }, sink);
  }

  #runStage(index: number, given: StageRows, sink: Sink): void {
    const stage = this.#stages[index];
    let current = given;
    for (const operation of stage?.operations ?? []) {
      if (current.rows.length === 0) return;
      try {
        current = this.#operate(index, operation, current, sink);
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error;
        current = this.#operate(index, operation, this.#survivors(index, operation, current, sink), sink);
      }
    }
  }

  /** @throws NodeFailure before anything has come of it */
  #operate(index: number, operation: Operation, given: StageRows, sink: Sink): StageRows {
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
        const refused: number[] = [];
        const made = operation.step.run(
          { batch, rows, inputs },
          {
            dead: (row, code, message) => dead(sink, this.id, operation, operation.at, given, row, code, message),
            room: this.#room,
            refuse: (row) => void refused.push(row),
          },
        );
        refuse(sink, this.id, operation, given, refused);
        this.#runStage(index + 1, rowsOf(made, cause), sink);
        return given;
      }
    }
  }

  /** What is left when the rows on which `operation` fails have gone to the dead letters. */
  #survivors(index: number, operation: Operation, given: StageRows, sink: Sink): StageRows {
    const kept = given.rows.filter((row) => {
      const alone = Uint32Array.of(row);
      const evaluation = new Evaluation({ ...given.batch, rows: alone });
      try {
        for (const node of operation.nodes) evaluation.column(node, alone);
        return true;
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error;
        const at = this.#stages[index]?.origins.get(error.node) ?? operation.at;
        const code = error.cause instanceof ValueTooLarge ? "too-large" : "step-failed";
        dead(sink, this.id, operation, at, given, row, code, error.message);
        return false;
      }
    });
    // apart from the other pipelines, for whom the rows that fail may still count
    const batch = { ...given.batch, rows: kept };
    return { ...given, batch, rows: kept, evaluation: new Evaluation(batch) };
  }

  #advance(clock: Clock, sink: Sink): void {
    let { watermark, timer } = clock;
    this.#stateful.forEach((step, i) => {
      // the next stateful step takes these rows before its own clock moves past them
      this.#runStage(i + 1, rowsOf(step.advance({ watermark, timer }), `clock-${i + 1}`), sink);
      watermark -= step.delay;
      timer -= step.delay;
    });
  }

  snapshot(): PipelineState {
    return {
      id: this.id,
      fingerprint: this.fingerprint,
      since: this.since,
      maxTime: this.maxTime === -Infinity ? null : this.maxTime,
      watermark: this.watermark === -Infinity ? null : this.watermark,
      steps: this.#stateful.map((step) => step.snapshot()),
    };
  }

  restore(state: PipelineState): void {
    this.since = Math.min(this.since, state.since);
    this.maxTime = state.maxTime ?? -Infinity;
    this.watermark = state.watermark ?? -Infinity;
    this.#stateful.forEach((step, i) => step.restore(state.steps[i]));
  }
}

/** Rows on their way through a stage. */
interface StageRows {
  readonly batch: Batch;
  readonly evaluation: Evaluation;
  readonly rows: Selection;
  readonly cause: string;
}

const rowsOf = (batch: Batch, cause: string): StageRows => ({
  batch,
  evaluation: new Evaluation(batch),
  rows: batch.rows,
  cause,
});

function stagesOf(
  { id, definition, outputs }: DeployedPipeline,
  lane: DeployedLane,
  services: Services,
  table: NodeTable,
): Stage[] {
  const inputs = new Map<string, FieldType>(ENVELOPE_TYPES);
  for (const field of lane.fields) inputs.set(field.path, field.type);
  let scope = new Scope(table, id, inputs);
  const stages: Stage[] = [scope];
  definition.steps.forEach((step, i) => {
    scope.at = { number: i + 1, verb: Object.keys(step)[0] as StepPlace["verb"] };
    planStep(step, scope, services, outputs);
    const last = scope.operations.at(-1);
    if (last?.kind !== "keep") return;
    scope = new Scope(new NodeTable(), id, last.step.outputs);
    stages.push(scope);
  });
  return stages;
}

/** All are counted and the first is shown: a tenant at its quota must not fill the dead letters, nor its neighbours' hub. */
function refuse(sink: Sink, pipeline: string, operation: KeepOperation, given: StageRows, refused: number[]): void {
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
  { columns }: Operation | KeepOperation,
  at: StepPlace,
  { batch }: StageRows,
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
