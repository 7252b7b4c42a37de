import type { Platform } from "../testkit/platform.ts";
import { benchTenant, type BenchTenant } from "./bench-tenant.ts";
import { measurement, share, type Benchmark, type Measurement } from "./measurement.ts";
import { onPlatform } from "./on-platform.ts";
import { sleep, steadyLoad, visitor } from "./steady-load.ts";
import { webhookReceiver } from "./webhook-receiver.ts";

const RATE = 10_000;
const SECONDS = 20;
const VISITORS = 2_000;
const WITHDRAWALS = 400;
const FIRST_AFTER_MS = 3_000;
/** not in step with the load's 10 ms */
const EVERY_MS = 37;
/** a subject that withdraws has an event on its way that was sent up to so many events ago */
const IN_FLIGHT = 200;
/** the bar, and how long is waited for what must not come */
const BAR_MS = 1_000;
const WATCH_MS = 6_000;
/** the second destination refuses for as long, in turn with taking */
const REFUSAL_MS = 500;

interface Withdrawal {
  readonly calledAt: number;
  answeredAt: number;
}

/**
 * From the answer to a withdrawal to the last byte about its subject at a destination, while 10,000 events a second flow,
 * events of whoever withdraws among them. Two destinations: one takes everything, the other refuses half of the time, so that
 * batches wait for their next attempt and a backlog grows behind them. A subject of whom nothing came after the answer counts as 0.
 */
export const withdrawal: Benchmark = {
  names: ["withdrawal"],
  run: () => onPlatform(measure),
};

async function measure(platform: Platform): Promise<readonly Measurement[]> {
  const prefix = `w${Date.now().toString(36)}`;
  const sentAt: number[] = [];
  const latencies: number[] = [];
  /** by visitor: when the last byte about it came */
  const last = new Float64Array(VISITORS).fill(Number.NEGATIVE_INFINITY);
  const withdrawals = new Map<number, Withdrawal>();
  let late = 0;
  const take = (eventId: string, at: number, arrived: Set<number>): number => {
    const i = Number(eventId.slice(prefix.length + 1));
    const who = i % VISITORS;
    arrived.add(i);
    last[who] = at;
    const withdrawn = withdrawals.get(who);
    if (withdrawn !== undefined && at > withdrawn.answeredAt + BAR_MS) late++;
    return i;
  };
  const arrived = new Set<number>();
  const steady = await webhookReceiver((id, at) => {
    const i = take(id, at, arrived);
    if (!withdrawals.has(i % VISITORS)) latencies.push(at - (sentAt[i] ?? Number.NaN));
  });
  const arrivedLater = new Set<number>();
  const refusing = await webhookReceiver(
    (id, at) => void take(id, at, arrivedLater),
    () => Math.floor(performance.now() / REFUSAL_MS) % 2 === 0,
  );
  try {
    const tenant = await benchTenant(platform, "withdrawing", { webhooks: [steady.url, refusing.url] });
    const load = steadyLoad(
      { sites: [tenant.site], rate: RATE, visitors: VISITORS, prefix, onSent: (i, at) => (sentAt[i] = at) },
      SECONDS,
    );
    await Promise.all([load, withdrawMany(tenant, withdrawals, () => sentAt.length)]);
    await sleep(WATCH_MS);
  } finally {
    steady.close();
    refusing.close();
  }
  // what waited for another attempt, or behind that, when its subject withdrew
  const withheld = [...arrived].filter((i) => withdrawals.has(i % VISITORS) && !arrivedLater.has(i)).length;
  if (withdrawals.size < WITHDRAWALS || withheld < WITHDRAWALS) {
    throw new Error(`${withdrawals.size} withdrew, and ${withheld} of their rows waited for another attempt`);
  }
  const after = (from: (one: Withdrawal) => number): number[] =>
    Array.from(withdrawals, ([who, one]) => Math.max(0, (last[who] as number) - from(one)));
  const fromAnswer = after(({ answeredAt }) => answeredAt);
  const fromCall = after(({ calledAt }) => calledAt);
  const yardstick = "event → destination of others, p99 (ms)";
  const others = share(latencies, 0.99);
  return [
    measurement("withdrawal", share(fromAnswer, 0.99), "ms p99", yardstick, others),
    measurement("withdrawal.p50", share(fromAnswer, 0.5), "ms p50", "the same, p50 (ms)", share(latencies, 0.5)),
    measurement("withdrawal.max", Math.max(...fromAnswer), "ms max", yardstick, others),
    measurement("withdrawal.call", share(fromCall, 0.99), "ms p99", yardstick, others),
    measurement("withdrawal.late", late, "rows", "rows that came at all", latencies.length),
  ];
}

/** Each by a request of its own, one after the other at a fixed pace. */
async function withdrawMany(
  tenant: BenchTenant,
  withdrawals: Map<number, Withdrawal>,
  sent: () => number,
): Promise<void> {
  await sleep(FIRST_AFTER_MS);
  const start = performance.now();
  const answers: Promise<void>[] = [];
  for (let n = 0; n < WITHDRAWALS; n++) {
    await sleep(Math.max(0, start + n * EVERY_MS - performance.now()));
    let i = sent() - 1 - ((n * 7) % IN_FLIGHT);
    while (withdrawals.has(i % VISITORS)) i--;
    const who = i % VISITORS;
    const one: Withdrawal = { calledAt: performance.now(), answeredAt: Number.POSITIVE_INFINITY };
    withdrawals.set(who, one);
    answers.push(withdraw(tenant, visitor(who)).then(() => void (one.answeredAt = performance.now())));
  }
  await Promise.all(answers);
}

async function withdraw({ site, consentUrl }: BenchTenant, subject: string): Promise<void> {
  const response = await fetch(consentUrl(subject), {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${site.writeKey}` },
    body: JSON.stringify({ purposes: [], policyVersion: 1 }),
  });
  await response.arrayBuffer();
  if (response.status !== 204) throw new Error(`a withdrawal was answered ${response.status}`);
}
