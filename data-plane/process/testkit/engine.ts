import type { DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import type { Effects, Recheck, ResultMessage } from "../partition/effects.ts";
import { PartitionEngine } from "../partition/engine.ts";
import { decodeSnapshot, encodeSnapshot } from "../partition/snapshot.ts";
import type { GeoLookup } from "../steps/step.ts";
import { LANE, testDeployment } from "./deployment.ts";
import { testFrame, type TestEvent } from "./frames.ts";

interface EngineOptions {
  readonly recheck?: Recheck;
  readonly geoip?: GeoLookup;
  readonly clock?: () => number;
  /** of the lane */
  readonly stateBytes?: number;
}

/** Runs an engine over a log of its own and collects what comes out. */
export class TestLog {
  readonly rows: Record<string, Scalar>[] = [];
  readonly dead: { code: string; step: string | undefined; row: Record<string, Scalar> }[] = [];
  readonly messages: ResultMessage[] = [];
  readonly messageIds: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly #pipelines: readonly DeployedPipeline[];
  readonly #options: EngineOptions;
  engine: PartitionEngine;
  #sequence = 0;

  constructor(pipelines: readonly DeployedPipeline[], options: EngineOptions = {}) {
    this.#pipelines = pipelines;
    this.#options = options;
    this.engine = this.#create();
  }

  frame(events: readonly TestEvent[], change: Parameters<typeof testFrame>[1] = {}): void {
    this.#collect(this.engine.frame(++this.#sequence, testFrame(events, change)));
  }

  tick(tick: number): void {
    this.#collect(this.engine.tick(++this.#sequence, { v: 1, tick }));
  }

  erase(subjectKey: string): void {
    this.#sequence++;
    this.#collect(this.engine.erase({ v: 1, erasure: "e", subjectKey }));
  }

  /** Enough ticks to make the partition idle and complete everything. */
  finish(): void {
    for (let i = 0; i < 5; i++) this.tick(2_000_000_000_000 + i * 1000);
  }

  /** As after a crash: a new engine from the encoded snapshot. */
  restart(state = this.engine.snapshot()): void {
    const encoded = encodeSnapshot(state);
    this.engine = this.#create();
    this.engine.restore(decodeSnapshot(encoded));
  }

  deploy(pipelines: readonly DeployedPipeline[]): void {
    this.engine.deploy(testDeployment(pipelines), LANE);
  }

  #create(): PartitionEngine {
    const { clock } = this.#options;
    const engine = new PartitionEngine({
      partition: 0,
      ...(clock === undefined ? {} : { clock }),
      geoip: this.#options.geoip ?? (() => undefined),
      recheck: this.#options.recheck ?? (() => undefined),
      count: (name, n) => {
        this.counts[name] = (this.counts[name] ?? 0) + n;
      },
    });
    const { stateBytes } = this.#options;
    engine.deploy(testDeployment(this.#pipelines), stateBytes === undefined ? LANE : { ...LANE, stateBytes });
    return engine;
  }

  #collect({ results, dead }: Effects): void {
    this.messages.push(...results);
    for (const { data, messageId } of results) {
      const frame = decodeResultFrame(data);
      this.messageIds.push(messageId);
      frame.id.forEach((id, i) => {
        const values = Object.entries(frame.columns).map(([name, column]) => [name, column[i] ?? null] as const);
        this.rows.push({ id, ...Object.fromEntries(values) });
      });
    }
    for (const { letter } of dead) this.dead.push({ code: letter.code, step: letter.step, row: { ...letter.row } });
  }
}
