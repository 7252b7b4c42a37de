import { accessToken, subscribe } from "../testkit/api.ts";
import { startPlatform, type Platform } from "../testkit/platform.ts";
import { pageView } from "./events.ts";
import { webSource } from "./ingest.ts";
import { measurement, type Benchmark, type Measurement } from "./measurement.ts";

const SECONDS = 10;
const TICK_MS = 10;

/** Event to GraphQL subscriber at a fixed rate, from just before the POST to the row's arrival. Value p99, yardstick p50, in ms. */
export const latency: Benchmark = {
  names: ["latency.subscriber.1k", "latency.subscriber.10k"],
  run: async (wanted) => {
    const platform = await startPlatform();
    try {
      const results: Measurement[] = [];
      if (wanted.has("latency.subscriber.1k")) results.push(await atRate(platform, "latency.subscriber.1k", 1_000));
      if (wanted.has("latency.subscriber.10k")) results.push(await atRate(platform, "latency.subscriber.10k", 10_000));
      return results;
    } finally {
      await platform.stop();
    }
  },
};

async function atRate(platform: Platform, name: string, rate: number): Promise<Measurement> {
  const { endpoints } = platform;
  const site = await webSource(endpoints);
  const token = await accessToken(endpoints, "dev@demo.example");
  const pipeline = endpoints.demo.pipelines["live"];
  if (pipeline === undefined) throw new Error("the demo has no pipeline live");
  // short: longer ids leave the platform as a hash
  const prefix = `l${rate}-${Date.now().toString(36)}`;
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  const problems: unknown[] = [];
  const stop = subscribe(
    endpoints,
    token,
    { application: endpoints.demo.application, pipeline, output: "events" },
    (message) => {
      const now = performance.now();
      if (message.__typename !== "ResultRows") return void problems.push(message);
      for (const row of message.rows) {
        const key = String(row["id"]).split("/").at(-1) ?? "";
        const at = sentAt.get(key);
        if (at !== undefined) latencies.push(now - at);
        sentAt.delete(key);
      }
    },
    (error) => problems.push(error),
  );
  await sleep(1_000);
  const perTick = (rate * TICK_MS) / 1000;
  const posts: Promise<void>[] = [];
  const start = performance.now();
  for (let tick = 0; tick < (SECONDS * 1000) / TICK_MS; tick++) {
    await sleep(Math.max(0, start + tick * TICK_MS - performance.now()));
    const events = Array.from({ length: perTick }, (_, k) => {
      const i = tick * perTick + k;
      sentAt.set(`${prefix}-${i}`, performance.now());
      return pageView(i, `visitor-${i % 20_000}`, Date.now(), prefix);
    });
    posts.push(post(site, events));
  }
  await Promise.all(posts);
  await sleep(2_000);
  await stop();
  const total = SECONDS * rate;
  if (problems.length > 0 || latencies.length < total) {
    throw new Error(
      `${name}: ${latencies.length} of ${total} rows arrived, problems ${JSON.stringify(problems.slice(0, 3))}`,
    );
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return measurement(name, at(0.99), "ms p99", "p50 of the same events (ms)", at(0.5));
}

async function post(
  site: { readonly url: string; readonly writeKey: string },
  events: readonly object[],
): Promise<void> {
  const response = await fetch(site.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${site.writeKey}` },
    body: JSON.stringify(events),
  });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`answered ${response.status}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
