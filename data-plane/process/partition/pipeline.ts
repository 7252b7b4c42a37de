import { createHash } from "node:crypto";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import type { TimeOptions } from "@o2mc/schema/pipeline/definition.ts";
import { ENVELOPE_TYPES } from "@o2mc/schema/expression/parse.ts";
import { buildStep } from "../steps/build.ts";
import { runIsolated } from "../steps/isolate.ts";
import type { Rows } from "../steps/rows.ts";
import {
  isStateful,
  type BuildContext,
  type Clock,
  type GeoLookup,
  type Step,
  type StepContext,
} from "../steps/step.ts";
import type { Sink } from "./sink.ts";

export interface Services {
  readonly hashKey: Uint8Array;
  readonly geoip: GeoLookup;
}

export interface PipelineState {
  readonly id: string;
  readonly fingerprint: string;
  readonly since: number;
  readonly maxTime: number | null;
  readonly watermark: number | null;
  /** one entry per step, null for those without state */
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
  /** true when event ids become result ids: something is emitted before the first stateful step */
  readonly passesEvents: boolean;
  readonly #steps: readonly Step[];
  readonly #outputs: ReadonlyMap<string, DeployedPipeline["outputs"][number]>;

  constructor(deployed: DeployedPipeline, lane: DeployedLane, services: Services) {
    this.id = deployed.id;
    this.since = deployed.since;
    this.time = deployed.definition.time;
    this.fingerprint = fingerprint(deployed, lane);
    const types = new Map<string, FieldType>(ENVELOPE_TYPES);
    for (const field of lane.fields) types.set(field.path, field.type);
    const context: BuildContext = { types, ...services };
    this.#steps = deployed.definition.steps.map((step) => buildStep(step, context));
    this.#outputs = new Map(deployed.outputs.map((output) => [output.name, output]));
    const firstStateful = this.#steps.findIndex(isStateful);
    const firstEmit = this.#steps.findIndex(({ verb }) => verb === "emit");
    this.passesEvents = firstEmit >= 0 && (firstStateful < 0 || firstEmit < firstStateful);
  }

  /** Open sessions and windows. */
  get open(): number {
    return this.#steps.reduce((sum, step) => sum + (isStateful(step) ? step.open : 0), 0);
  }

  /** Rows of one frame, in log order; `watermark` and `maxTime` are already those after the frame. */
  run(rows: Rows, sink: Sink): void {
    this.#runFrom(0, rows, sink);
    this.#advance({ watermark: this.watermark, timer: -Infinity }, sink);
  }

  /** The partition is idle and the log's clock stands at `tick`. */
  idle(tick: number, sink: Sink): void {
    const timer = tick - this.time.disorderSeconds * 1000;
    this.watermark = Math.max(this.watermark, Math.min(timer, this.maxTime));
    this.#advance({ watermark: this.watermark, timer }, sink);
  }

  #runFrom(first: number, rows: Rows, sink: Sink): void {
    let current = rows;
    for (let i = first; i < this.#steps.length && current.n > 0; i++) {
      const step = this.#steps[i] as Step;
      const context = this.#context(i, sink);
      current = isStateful(step) ? step.run(current, context) : runIsolated(step, current, context);
    }
  }

  #advance(clock: Clock, sink: Sink): void {
    let { watermark, timer } = clock;
    this.#steps.forEach((step, i) => {
      if (!isStateful(step)) return;
      const rows = step.advance({ watermark, timer }, this.#context(i, sink));
      // the next stateful step takes these rows before its own clock moves past them
      this.#runFrom(i + 1, rows, sink);
      watermark -= step.delay;
      timer -= step.delay;
    });
  }

  #context(index: number, sink: Sink): StepContext {
    return {
      emit: (name, rows) => {
        const output = this.#outputs.get(name);
        if (output !== undefined) sink.emit(this.id, output, rows);
      },
      dead: (rows, row, code, message) =>
        sink.dead(this.id, `${index + 1}.${this.#steps[index]?.verb}`, rows, row, code, message),
    };
  }

  snapshot(): PipelineState {
    return {
      id: this.id,
      fingerprint: this.fingerprint,
      since: this.since,
      maxTime: this.maxTime === -Infinity ? null : this.maxTime,
      watermark: this.watermark === -Infinity ? null : this.watermark,
      steps: this.#steps.map((step) => (isStateful(step) ? step.snapshot() : null)),
    };
  }

  restore(state: PipelineState): void {
    this.since = Math.min(this.since, state.since);
    this.maxTime = state.maxTime ?? -Infinity;
    this.watermark = state.watermark ?? -Infinity;
    this.#steps.forEach((step, i) => {
      if (isStateful(step)) step.restore(state.steps[i]);
    });
  }
}

/** Field types are part of it only as far as the outputs show them; a changed type changes its expressions' results there. */
function fingerprint(deployed: DeployedPipeline, lane: DeployedLane): string {
  const columns = deployed.outputs.map(({ name, columns }) => [name, columns.map((c) => [c.name, c.type])]);
  return createHash("sha256")
    .update(JSON.stringify([lane.id, deployed.definition, columns]))
    .digest("base64url");
}
