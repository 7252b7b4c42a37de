import type { Deployment, DeployedLane } from "@o2mc/schema/deployment/deployment.ts";
import type { EventFrame, TickFrame } from "@o2mc/schema/events/frame.ts";
import type { GeoLookup } from "../steps/step.ts";
import type { Rows } from "../steps/rows.ts";
import { Dedup } from "./dedup.ts";
import type { Count, Effects, Recheck } from "./effects.ts";
import { eventRows } from "./event-rows.ts";
import { Pipeline } from "./pipeline.ts";
import { Sink } from "./sink.ts";
import type { PartitionState } from "./snapshot.ts";

interface EngineOptions {
  readonly partition: number;
  readonly geoip: GeoLookup;
  readonly recheck: Recheck;
  readonly count: Count;
}

/**
 * The pure part: state and results of one partition as a function of its log. Time comes from the frames and ticks, and
 * there is nothing random, so that a replay gives the same results under the same ids. What is not of the log are the
 * deployment and the recheck of permissions, which must be as of now.
 */
export class PartitionEngine {
  readonly #options: EngineOptions;
  #revision = -1;
  #lane: DeployedLane | undefined;
  #pipelines: readonly Pipeline[] = [];
  #dedup = new Dedup();
  /** ticks in the log since the last event frame */
  #ticks = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get revision(): number {
    return this.#revision;
  }

  /** True while ticks are needed to complete what is held. */
  get holdsRows(): boolean {
    return this.#pipelines.some((pipeline) => pipeline.open > 0);
  }

  get open(): number {
    return this.#pipelines.reduce((sum, pipeline) => sum + pipeline.open, 0);
  }

  /** Takes a deployment on, at a frame boundary. Pipelines whose id and definition are unchanged keep their state. */
  deploy(deployment: Deployment, lane: DeployedLane): void {
    const services = { hashKey: Buffer.from(deployment.subjectSalt, "hex"), geoip: this.#options.geoip };
    this.#pipelines = deployment.pipelines
      .filter((deployed) => deployed.lane === lane.id)
      .map((deployed) => {
        const pipeline = new Pipeline(deployed, lane, services);
        const old = this.#pipelines.find(
          ({ id, fingerprint }) => id === pipeline.id && fingerprint === pipeline.fingerprint,
        );
        if (old !== undefined) pipeline.restore(old.snapshot());
        return pipeline;
      });
    this.#lane = lane;
    this.#revision = deployment.revision;
  }

  frame(sequence: number, frame: EventFrame): Effects {
    this.#ticks = 0;
    this.#dedup.enter(frame.at);
    const kept = this.#admit(frame);
    const sink = this.#sink(sequence, frame.at);
    const eligible = this.#pipelines.filter(({ since }) => frame.revision >= since);
    if (kept.length === 0 || eligible.length === 0) return sink.effects();
    // decoded once for all pipelines of the lane
    const rows = eventRows(
      frame,
      kept,
      eligible.some(({ passesEvents }) => passesEvents),
    );
    for (const pipeline of eligible)
      pipeline.run({ ...rows, watermark: advanceWatermark(pipeline, rows, frame.at) }, sink);
    return sink.effects();
  }

  tick(sequence: number, { tick }: TickFrame): Effects {
    this.#ticks++;
    const sink = this.#sink(sequence, tick);
    for (const pipeline of this.#pipelines) {
      if (this.#ticks >= pipeline.time.idleSeconds) pipeline.idle(tick, sink);
    }
    return sink.effects();
  }

  /** Rows that may be used now and were not seen before. */
  #admit(frame: EventFrame): number[] {
    const { recheck, count } = this.#options;
    const kept: number[] = [];
    let duplicates = 0;
    for (let i = 0; i < frame.n; i++) {
      const source = frame.sources[frame.source[i] ?? -1] ?? "";
      const reason = recheck(frame.subjectKey[i] ?? "", source);
      if (reason !== undefined) count(`denied.${reason}`, 1);
      else if (this.#dedup.admit(source, frame.id[i] ?? "")) kept.push(i);
      else duplicates++;
    }
    count("events", frame.n);
    if (duplicates > 0) count("duplicates", duplicates);
    return kept;
  }

  #sink(sequence: number, at: number): Sink {
    const { partition, recheck, count } = this.#options;
    return new Sink({
      partition,
      sequence,
      revision: this.#revision,
      lane: this.#lane?.id ?? "",
      at,
      recheck: (subjectKey) => recheck(subjectKey, undefined),
      count,
    });
  }

  snapshot(): PartitionState {
    return {
      revision: this.#revision,
      ticks: this.#ticks,
      pipelines: this.#pipelines.map((pipeline) => pipeline.snapshot()),
      dedup: this.#dedup.snapshot(),
    };
  }

  /** After `deploy`: state of pipelines that are still deployed as they were. */
  restore(state: PartitionState): void {
    this.#ticks = state.ticks;
    this.#dedup = new Dedup(state.dedup);
    for (const pipeline of this.#pipelines) {
      const old = state.pipelines.find(
        ({ id, fingerprint }) => id === pipeline.id && fingerprint === pipeline.fingerprint,
      );
      if (old !== undefined) pipeline.restore(old);
    }
  }
}

/**
 * Moves a pipeline's watermark over the rows and gives it as of each row. An event dated after its arrival counts only
 * up to its arrival, lest one wrong clock make everybody else late.
 */
function advanceWatermark(pipeline: Pipeline, rows: Rows, at: number): Float64Array {
  const disorder = pipeline.time.disorderSeconds * 1000;
  const watermarks = new Float64Array(rows.n);
  for (let i = 0; i < rows.n; i++) {
    pipeline.maxTime = Math.max(pipeline.maxTime, Math.min(rows.time[i] as number, at));
    pipeline.watermark = Math.max(pipeline.watermark, pipeline.maxTime - disorder);
    watermarks[i] = pipeline.watermark;
  }
  return watermarks;
}
