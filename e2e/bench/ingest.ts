import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startPlatform, type Endpoints } from "../testkit/platform.ts";
import { pageView } from "./events.ts";
import { postFor } from "./load.ts";
import { measurement, median, type Benchmark, type Measurement } from "./measurement.ts";
import type { Site } from "./steady-load.ts";

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 64;
const BATCH = 500;

/** POST through edge, gate and fsynced hub against bare node:http, the same load in turn; median of three rounds. */
export const ingest: Benchmark = {
  names: ["ingest.single", "ingest.batch"],
  run: async (wanted) => {
    const platform = await startPlatform();
    const bare = spawn(process.execPath, [join(import.meta.dirname, "bare-server.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [port] = (await once(bare.stdout, "data")) as [Buffer];
      const yardstick = `http://127.0.0.1:${port.toString("utf8").trim()}/`;
      const site = await webSource(platform.endpoints);
      const results: Measurement[] = [];
      if (wanted.has("ingest.single")) results.push(await compare("ingest.single", 1, site, yardstick));
      if (wanted.has("ingest.batch")) results.push(await compare("ingest.batch", BATCH, site, yardstick));
      return results;
    } finally {
      bare.kill();
      await platform.stop();
    }
  },
};

/** The demo shop's web source as its snippet learns it. */
export async function webSource(endpoints: Endpoints): Promise<Site> {
  const origin = new URL(endpoints.shop).origin;
  const config = (await (await fetch(`${endpoints.edge}/v1/sites/config`, { headers: { origin } })).json()) as {
    source: string;
    writeKey: string;
  };
  return { url: `${endpoints.edge}/v1/sources/${config.source}/events`, writeKey: config.writeKey };
}

async function compare(name: string, size: number, site: Site, yardstick: string): Promise<Measurement> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${site.writeKey}` };
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const prefix = `${name}-${round}-${Date.now()}`;
    const body = (i: number): string => {
      const events = Array.from({ length: size }, (_, k) =>
        pageView(i * size + k, `visitor-${(i * size + k) % 20_000}`, Date.now(), prefix),
      );
      return JSON.stringify(size === 1 ? events[0] : events);
    };
    const connections = size === 1 ? CONNECTIONS : 8;
    ours.push((await postFor({ url: site.url, headers, body }, connections, SECONDS)) * size);
    bare.push((await postFor({ url: yardstick, headers, body }, connections, SECONDS)) * size);
  }
  return measurement(name, median(ours), "events/s", "bare node:http, same bodies, nothing parsed", median(bare));
}
