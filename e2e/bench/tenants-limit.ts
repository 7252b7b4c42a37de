import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Platform } from "../testkit/platform.ts";
import { benchTenant } from "./bench-tenant.ts";
import { cpuSeconds } from "./cpu-time.ts";
import type { FloodAnswers } from "./flood.ts";
import { measurement, median, share, type Benchmark, type Measurement } from "./measurement.ts";
import { onPlatform } from "./on-platform.ts";
import { sleep, steadyLoad, type Site } from "./steady-load.ts";
import { webhookReceiver } from "./webhook-receiver.ts";

const ROUNDS = 7;
const SECONDS = 3;
/** of the neighbour, and what it sends instead: twenty times as much */
const QUOTA = 1_000;
const FLOOD = 20_000;
const FLOOD_BATCH = 100;
const STEADY = 2_000;
const VISITORS = 20_000;

/** What the steady tenant got in one round. */
class Period {
  readonly toDestination: number[] = [];
  readonly toAnswer: number[] = [];
  /** of the edge, a second */
  cpu = 0;
}

/**
 * One tenant at a steady rate below its quota, alone and beside another that sends twenty times its own, in turn. Values with
 * the neighbour, yardstick without, each the median of the rounds: what is far from 1 is the neighbour's doing.
 */
export const tenantsLimit: Benchmark = {
  names: ["tenants.limit"],
  run: () => onPlatform(measure),
};

async function measure(platform: Platform): Promise<readonly Measurement[]> {
  const sent = new Map<string, { readonly at: number; readonly period: Period }>();
  const receiver = await webhookReceiver((id, at) => {
    const event = sent.get(id);
    if (event === undefined) return;
    sent.delete(id);
    event.period.toDestination.push(at - event.at);
  });
  const [alone, beside]: [Period[], Period[]] = [[], []];
  try {
    const steady = await benchTenant(platform, "steady", {
      quotas: { eventsPerSecond: 2 * STEADY },
      webhooks: [receiver.url],
    });
    const crowding = await benchTenant(platform, "crowding", { quotas: { eventsPerSecond: QUOTA } });
    const send = async (prefix: string): Promise<Period> => {
      const period = new Period();
      const before = cpuSeconds(platform, ["edge"]);
      await steadyLoad(
        {
          sites: [steady.site],
          rate: STEADY,
          visitors: VISITORS,
          prefix,
          onSent: (i, at) => void sent.set(`${prefix}-${i}`, { at, period }),
          onAnswered: (ms) => void period.toAnswer.push(ms),
        },
        SECONDS,
      );
      period.cpu = (cpuSeconds(platform, ["edge"]) - before) / SECONDS;
      await sleep(300);
      return period;
    };
    const run = Date.now().toString(36);
    await send(`${run}w`);
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await send(`${run}a${round}`));
      const neighbour = flood(crowding.site);
      // its burst is used up
      await sleep(1_000);
      beside.push(await send(`${run}b${round}`));
      await refused(neighbour);
    }
    await sleep(2_000);
  } finally {
    receiver.close();
  }
  if (sent.size > 0) throw new Error(`${sent.size} events of the steady tenant did not arrive`);
  const compare = (name: string, unit: string, of: (period: Period) => number, yardstick: string): Measurement =>
    measurement(name, median(beside.map(of)), unit, yardstick, median(alone.map(of)));
  const without = "the same without the neighbour";
  return [
    compare("tenants.limit", "ms p99", ({ toDestination }) => share(toDestination, 0.99), without),
    compare("tenants.limit.p50", "ms p50", ({ toDestination }) => share(toDestination, 0.5), without),
    compare("tenants.limit.answer", "ms p99", ({ toAnswer }) => share(toAnswer, 0.99), without),
    compare("tenants.limit.cpu", "s/s edge", ({ cpu }) => cpu, without),
    compare("tenants.limit.rows", "rows", ({ toDestination }) => toDestination.length, without),
  ];
}

const flood = ({ url, writeKey }: Site): ChildProcess =>
  fork(join(import.meta.dirname, "flood.ts"), [url, writeKey, String(FLOOD_BATCH), String(FLOOD / FLOOD_BATCH)]);

/** Ends the flood; throws unless it was refused as it must be: most of it, and told why and for how long. */
async function refused(neighbour: ChildProcess): Promise<void> {
  const told = once(neighbour, "message") as Promise<[FloodAnswers]>;
  neighbour.send("stop");
  const [{ statuses, unexplained }] = await told;
  const taken = statuses[202] ?? 0;
  const refusals = statuses[429] ?? 0;
  const others = Object.entries(statuses).filter(([status]) => status !== "202" && status !== "429");
  if (refusals < 5 * taken || taken === 0 || unexplained > 0 || others.length > 0) {
    throw new Error(`the neighbour was answered ${JSON.stringify(statuses)}, ${unexplained} times without a reason`);
  }
}
