import type { Platform } from "../testkit/platform.ts";
import { benchTenant, type BenchTenant } from "./bench-tenant.ts";
import { cpuSeconds } from "./cpu-time.ts";
import { measurement, type Benchmark, type Measurement } from "./measurement.ts";
import { onPlatform } from "./on-platform.ts";
import { sleep, steadyLoad } from "./steady-load.ts";

const RATE = 5_000;
const SECONDS = 12;
const VISITORS = 20_000;
const MADE_AT_ONCE = 4;
const PROCESSES = ["nats", "edge", "process", "deliver", "control-plane"];

/**
 * What an event costs when the same load comes from 1, 10 and 100 tenants, and from one while 99 others are idle: CPU of all
 * of the platform's processes, what they do without any load included.
 */
export const tenantsFlat: Benchmark = {
  names: ["tenants.flat"],
  run: () => onPlatform(measure),
};

async function measure(platform: Platform): Promise<readonly Measurement[]> {
  const tenants: BenchTenant[] = [];
  const grow = async (to: number): Promise<void> => {
    while (tenants.length < to) {
      const group = Array.from({ length: Math.min(MADE_AT_ONCE, to - tenants.length) }, (_, k) => tenants.length + k);
      tenants.push(...(await Promise.all(group.map((n) => benchTenant(platform, `flat-${n}`)))));
    }
  };
  await grow(1);
  // what is compiled and filled at first is no cost of an event
  await costOf(platform, tenants);
  const one = await costOf(platform, tenants);
  await grow(10);
  const ten = await costOf(platform, tenants);
  await grow(100);
  const hundred = await costOf(platform, tenants);
  const idle = await costOf(platform, tenants.slice(0, 1));
  const figure = (name: string, value: number): Measurement =>
    measurement(name, value, "µs/event", "the same from one tenant alone", one);
  return [figure("tenants.flat.10", ten), figure("tenants.flat.100", hundred), figure("tenants.flat.idle", idle)];
}

let runs = 0;

/** Microseconds of CPU an event. */
async function costOf(platform: Platform, tenants: readonly BenchTenant[]): Promise<number> {
  await sleep(2_000);
  const prefix = `f${runs++}${Date.now().toString(36)}`;
  const before = cpuSeconds(platform, PROCESSES);
  const sites = tenants.map(({ site }) => site);
  await steadyLoad({ sites, rate: RATE, visitors: VISITORS, prefix, onSent: () => undefined }, SECONDS);
  await sleep(500);
  return ((cpuSeconds(platform, PROCESSES) - before) * 1e6) / (RATE * SECONDS);
}
