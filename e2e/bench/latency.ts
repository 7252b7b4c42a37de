import { accessToken, subscribe } from "../testkit/api.ts";
import { startPlatform, type Platform } from "../testkit/platform.ts";
import { webSource } from "./ingest.ts";
import { measurement, share, type Benchmark, type Measurement } from "./measurement.ts";
import { sleep, steadyLoad } from "./steady-load.ts";

const SECONDS = 10;

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
  const onSent = (i: number, at: number): void => void sentAt.set(`${prefix}-${i}`, at);
  await steadyLoad({ sites: [site], rate, visitors: 20_000, prefix, onSent }, SECONDS);
  await sleep(2_000);
  await stop();
  const total = SECONDS * rate;
  if (problems.length > 0 || latencies.length < total) {
    throw new Error(
      `${name}: ${latencies.length} of ${total} rows arrived, problems ${JSON.stringify(problems.slice(0, 3))}`,
    );
  }
  return measurement(name, share(latencies, 0.99), "ms p99", "p50 of the same events (ms)", share(latencies, 0.5));
}
