import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startPlatform } from "../testkit/platform.ts";
import { pageView } from "./events.ts";
import { postFor } from "./load.ts";
import { webSource } from "./ingest.ts";
const platform = await startPlatform();
const bare = spawn(process.execPath, [join(import.meta.dirname, "bare-server.ts")], { stdio: ["ignore", "pipe", "inherit"] });
const [port] = (await once(bare.stdout!, "data")) as [Buffer];
const yard = `http://127.0.0.1:${port.toString("utf8").trim()}/`;
const site = await webSource(platform.endpoints);
const headers = { "content-type": "application/json", authorization: `Bearer ${site.writeKey}` };
for (const size of (process.argv[2] ?? "1").split(",").map(Number)) for (let r = 0; r < 3; r++) {
  const prefix = `x-${size}-${r}-${Date.now()}`;
  const body = (i: number) => { const e = Array.from({ length: size }, (_, k) => pageView(i * size + k, `visitor-${(i * size + k) % 20_000}`, Date.now(), prefix)); return JSON.stringify(size === 1 ? e[0] : e); };
  const a = (await postFor({ url: site.url, headers, body }, size === 1 ? 64 : 8, 3)) * size;
  const m1: any = await (await fetch(new URL("/metrics", site.url))).json();
  const b = (await postFor({ url: yard, headers, body }, size === 1 ? 64 : 8, 2)) * size;
  console.log(size, a.toFixed(0), b.toFixed(0), (a / b).toFixed(3), JSON.stringify(m1.frames));
}
bare.kill(); await platform.stop();
