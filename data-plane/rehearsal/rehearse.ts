import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { placeId } from "@o2mc/schema/pipeline/place.ts";
import type {
  RehearsalRequest,
  RehearsalResult,
  RehearsedDeadLetter,
  RehearsedRow,
} from "@o2mc/schema/rehearsal/rehearsal.ts";
import type { Effects } from "../process/partition/effects.ts";
import { PartitionEngine } from "../process/partition/engine.ts";
import type { PassedRows } from "../process/partition/trace.ts";
import type { GeoLookup } from "../process/steps/step.ts";
import { createRecheck } from "../process/worker/recheck.ts";
import { admit } from "./admit.ts";

const DAY_MS = 86_400_000;
/** after every sample, and whatever is held, has passed */
const END_DAYS = 4000;

/**
 * Runs a pipeline that is not deployed over samples, by the edge's own gate and the engine that would run it, until nothing
 * is held any more. It is in this process alone: nothing is stored and nobody is sent anything.
 */
export function rehearse(request: RehearsalRequest, geoip: GeoLookup): RehearsalResult {
  const { deployment, now, shown } = request;
  const [lane] = deployment.lanes;
  if (lane === undefined) throw new Error("a rehearsal without a lane");
  const { samples, frames } = admit(request);
  const collected = new Collected(shown);
  let duplicates = 0;
  const engine = new PartitionEngine({
    partition: 0,
    geoip,
    recheck: createRecheck({
      states: { get: () => undefined },
      deployment: () => deployment,
      lane: lane.id,
      now: () => now,
    }),
    count: (name, n) => {
      if (name === "duplicates") duplicates += n;
    },
    trace: (rows) => collected.passed(rows),
  });
  engine.deploy(deployment, lane);
  let sequence = 0;
  for (const frame of frames) collected.add(engine.frame(++sequence, frame));
  const idle = Math.max(0, ...deployment.pipelines.map(({ definition }) => definition.time.idleSeconds));
  // one tick a second, as the log has them when nothing comes
  const end = Math.max(now, ...frames.flatMap(({ envelope }) => [...envelope.$time.values])) + END_DAYS * DAY_MS;
  for (let tick = 0; tick <= idle + 1; tick++)
    collected.add(engine.tick(++sequence, { v: 1, tick: end + tick * 1000 }));
  const steps = (engine.health()[0]?.steps ?? []).map(({ place, verb, out: count }) => ({
    place,
    verb,
    count,
    rows: collected.steps.get(place) ?? [],
  }));
  const outputs = (deployment.pipelines[0]?.outputs ?? []).map(({ name }) => {
    const { count, rows } = collected.outputs.get(name) ?? { count: 0, rows: [] };
    return { name, count, rows };
  });
  return { samples, duplicates, steps, outputs, deadLetters: collected.deadLetters };
}

class Collected {
  readonly steps = new Map<string, RehearsedRow[]>();
  readonly outputs = new Map<string, { count: number; readonly rows: RehearsedRow[] }>();
  readonly deadLetters: RehearsedDeadLetter[] = [];
  readonly #shown: number;

  constructor(shown: number) {
    this.#shown = shown;
  }

  passed({ at, ids, cells }: PassedRows): void {
    const place = placeId(at.place);
    const rows = this.steps.get(place) ?? [];
    this.steps.set(place, rows);
    for (const [index, id] of ids().entries()) {
      if (rows.length >= this.#shown) return;
      rows.push({ id, cells: cells(index) });
    }
  }

  add({ results, dead }: Effects): void {
    for (const { output, data } of results) {
      const { n, id, columns } = decodeResultFrame(data);
      const known = this.outputs.get(output) ?? { count: 0, rows: [] };
      this.outputs.set(output, known);
      known.count += n;
      for (let row = 0; row < n && known.rows.length < this.#shown; row++) {
        const cells = Object.entries(columns).map(([name, values]) => [name, values[row] ?? null] as const);
        known.rows.push({ id: id[row] ?? "", cells: Object.fromEntries(cells) });
      }
    }
    for (const { letter } of dead) {
      if (this.deadLetters.length >= this.#shown) return;
      const { step = null, code, message, row } = letter;
      this.deadLetters.push({ step, code, message, row });
    }
  }
}
