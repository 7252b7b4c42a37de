import type { Deployment, DeployedLane } from "@o2mc/schema/deployment/deployment.ts";
import type { EventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { ErasureFrame, TickFrame } from "@o2mc/schema/events/frame.ts";
import type { PipelineHealth } from "@o2mc/schema/health/lane-health.ts";
import { Evaluation } from "../compile/evaluation.ts";
import { NodeTable } from "../compile/node.ts";
import { vectorOf, type Selection, type TextVector } from "../compile/vector.ts";
import { keyedHash } from "../steps/anonymize/keyed-hash.ts";
import { rotatingHash } from "../steps/anonymize/rotating-hash.ts";
import type { GeoLookup, Services } from "../steps/step.ts";
import { Dedup, hashId, idHash, type IdHash } from "./dedup.ts";
import type { Count, Effects, Recheck } from "./effects.ts";
import { eventBatch } from "./event-batch.ts";
import { Pipeline } from "./pipeline.ts";
import { Sink } from "./sink.ts";
import type { PartitionState } from "./snapshot.ts";
import type { Trace } from "./trace.ts";

interface EngineOptions {
  readonly partition: number;
  readonly geoip: GeoLookup;
  readonly recheck: Recheck;
  readonly count: Count;
  /** ms, for what steps cost; absent = not measured */
  readonly clock?: () => number;
  readonly trace?: Trace;
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
  /** whose data's owner consents, in place of the subjects */
  #ownerSources: ReadonlySet<string> = new Set();
  #dedup = new Dedup();
  /** ticks in the log since the last event frame */
  #ticks = 0;
  #hashes: ({ readonly salt: string } & Pick<Services, "hash" | "rotatingHash">) | undefined;

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

  /** of memory that the steps' state takes, about; the ids of known events, which the events quota bounds, are not in it */
  get bytes(): number {
    return this.#pipelines.reduce((sum, pipeline) => sum + pipeline.bytes, 0);
  }

  /** what `bytes` may come to; undefined = as much as there is */
  get bytesLimit(): number | undefined {
    return this.#lane?.stateBytes;
  }

  /** What the steps of each pipeline have done. */
  health(): readonly PipelineHealth[] {
    return this.#pipelines.map((pipeline) => ({ pipeline: pipeline.id, steps: pipeline.steps() }));
  }

  /** Takes a deployment on, at a frame boundary. Pipelines whose id and definition are unchanged keep their state. */
  deploy(deployment: Deployment, lane: DeployedLane): void {
    const services = { ...this.#hashesUnder(deployment.subjectSalt), geoip: this.#options.geoip };
    const table = new NodeTable();
    const { clock = () => 0, trace } = this.#options;
    const instruments = { room: (bytes: number) => this.#hasRoom(bytes), clock, trace };
    this.#pipelines = deployment.pipelines
      .filter((deployed) => deployed.lane === lane.id)
      .map((deployed) => {
        const pipeline = new Pipeline(deployed, lane, services, table, instruments);
        const old = this.#pipelines.find(
          ({ id, fingerprint }) => id === pipeline.id && fingerprint === pipeline.fingerprint,
        );
        if (old !== undefined) pipeline.continue(old);
        return pipeline;
      });
    this.#lane = lane;
    this.#ownerSources = new Set(
      deployment.sources.filter(({ consentMode }) => consentMode === "owner").map(({ id }) => id),
    );
    this.#revision = deployment.revision;
  }

  #hasRoom(bytes: number): boolean {
    const limit = this.bytesLimit;
    return limit === undefined || this.bytes + bytes <= limit;
  }

  #hashesUnder(salt: string): Pick<Services, "hash" | "rotatingHash"> {
    const key = Buffer.from(salt, "hex");
    if (this.#hashes?.salt !== salt) this.#hashes = { salt, hash: keyedHash(key), rotatingHash: rotatingHash(key) };
    return this.#hashes;
  }

  frame(sequence: number, frame: EventFrame): Effects {
    this.#ticks = 0;
    this.#dedup.enter(frame.at);
    const rows = this.#admit(frame);
    const sink = this.#sink(sequence, frame.at);
    const eligible = this.#pipelines.filter(({ since }) => frame.revision >= since);
    if (rows.length === 0 || eligible.length === 0) return sink.effects();
    // decoded once for all pipelines of the lane
    const evaluation = new Evaluation(eventBatch(frame, rows, (source) => !this.#ownerSources.has(source)));
    for (const pipeline of eligible) pipeline.run(evaluation, advanceWatermark(pipeline, frame, rows), sink);
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

  /** Of the subject nothing is left but hashes of event ids, which pass by themselves. */
  erase({ subjectKey }: ErasureFrame): Effects {
    for (const pipeline of this.#pipelines) pipeline.erase(subjectKey);
    return { results: [], dead: [] };
  }

  /** Rows that may be used now and were not seen before. */
  #admit(frame: EventFrame): Selection {
    const { recheck, count } = this.#options;
    const { n, envelope } = frame;
    const text = (column: (typeof envelope)["$id"]): TextVector => vectorOf(column, n) as TextVector;
    const id = text(envelope.$id);
    const source = text(envelope.$source);
    const key = text(envelope["#key"]);
    const hashes = source.values.map((name) => idHash(name ?? ""));
    const rows = new Uint32Array(n);
    const highs = new Uint32Array(n);
    const lows = new Uint32Array(n);
    let permitted = 0;
    for (let i = 0; i < n; i++) {
      const code = source.codes[i] as number;
      const reason = recheck(key.values[key.codes[i] as number] ?? "", source.values[code] ?? "", frame.policy);
      if (reason !== undefined) {
        count(`denied.${reason}`, 1);
        continue;
      }
      hashId(hashes[code] as IdHash, id.values[id.codes[i] as number] ?? "", highs, lows, permitted);
      rows[permitted++] = i;
    }
    // apart from the hashing: look-ups that don't wait for anything else overlap in the processor
    let kept = 0;
    for (let i = 0; i < permitted; i++) {
      if (this.#dedup.admit(highs[i] as number, lows[i] as number)) rows[kept++] = rows[i] as number;
    }
    const duplicates = permitted - kept;
    count("events", n);
    if (duplicates > 0) count("duplicates", duplicates);
    return rows.subarray(0, kept);
  }

  #sink(sequence: number, at: number): Sink {
    const { partition, recheck, count } = this.#options;
    return new Sink({
      partition,
      sequence,
      revision: this.#revision,
      lane: this.#lane?.id ?? "",
      at,
      recheck: (subjectKey, policy) => recheck(subjectKey, undefined, policy),
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
function advanceWatermark(pipeline: Pipeline, { n, at, envelope }: EventFrame, rows: Selection): Float64Array {
  const disorder = pipeline.time.disorderSeconds * 1000;
  const times = envelope.$time.values;
  const watermarks = new Float64Array(n);
  let { maxTime, watermark } = pipeline;
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r] as number;
    maxTime = Math.max(maxTime, Math.min(times[row] as number, at));
    watermarks[row] = watermark = Math.max(watermark, maxTime - disorder);
  }
  pipeline.maxTime = maxTime;
  pipeline.watermark = watermark;
  return watermarks;
}
