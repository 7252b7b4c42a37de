import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { LANE, SESSIONS, testDeployment } from "../testkit/deployment.ts";
import type { TestEvent } from "../testkit/frames.ts";
import { TestHub } from "../testkit/hub.ts";
import { startPlainServer } from "../testkit/nats-server.ts";

const LANE_2 = { ...LANE, partitions: 2 };
const DEPLOYMENT = testDeployment([SESSIONS], { lanes: [LANE_2] });
const GAP = 30_000;

let server: Awaited<ReturnType<typeof startPlainServer>>;
let nats: NatsConnection;
let hub: TestHub;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  server = await startPlainServer(process.env["O2MC_NATS_SERVER"]);
  nats = await connect({ servers: server.url });
  hub = new TestHub(nats);
  await hub.prepare(DEPLOYMENT);
});

afterEach(async () => {
  for (const worker of workers.splice(0)) {
    if (worker.exitCode !== null || worker.signalCode !== null) continue;
    worker.kill("SIGKILL");
    await once(worker, "exit");
  }
});

afterAll(async () => {
  await nats?.close();
  await server?.stop();
});

function startWorker(): ChildProcess {
  const worker = spawn(process.execPath, [join(import.meta.dirname, "../testkit/worker-main.ts"), server.url], {
    stdio: ["ignore", "ignore", process.env["O2MC_TEST_LOG"] === undefined ? "ignore" : "inherit"],
  });
  workers.push(worker);
  return worker;
}

/** Twenty visitors, each with sessions of several hits, neighbours out of order by up to eight seconds. */
function events(): TestEvent[] {
  const all: TestEvent[] = [];
  for (let i = 0; i < 6000; i++) {
    const subject = `visitor${i % 20}`;
    // a pause of 45 s, more than the gap, after each 35 hits of a visitor
    const pause = Math.floor(i / 700) * 45_000;
    const time = 1_400_000_000_000 + i * 100 + pause - (i % 3 === 0 ? 8000 : 0);
    all.push({ id: `e${i}`, subject, time, values: { "page.path": `/${i}` } });
  }
  return all;
}

function sessionsOf(all: readonly TestEvent[]): Map<string, number> {
  const sessions = new Map<string, number>();
  for (const subject of new Set(all.map((event) => event.subject))) {
    const times = all
      .filter((event) => event.subject === subject)
      .map(({ time }) => time)
      .sort((a, b) => a - b);
    let start = -Infinity;
    let last = -Infinity;
    for (const time of times) {
      if (time - last > GAP) start = time;
      last = time;
      const id = `${subject}-${start.toString(36)}`;
      sessions.set(id, (sessions.get(id) ?? 0) + 1);
    }
  }
  return sessions;
}

it("finds every session once although workers are killed with -9 midway", async () => {
  const all = events();
  startWorker();
  startWorker();
  for (let i = 0; i < all.length; i += 50) {
    await hub.send(DEPLOYMENT, all.slice(i, i + 50));
    await sleep(60);
    if (i === 2000) workers[0]?.kill("SIGKILL");
    if (i === 2500) startWorker();
    if (i === 4000) workers[1]?.kill("SIGKILL");
  }
  const expected = sessionsOf(all);
  const rows = await until(async () => {
    const found = (await hub.results()).flatMap((frame) =>
      frame.id.map((id, i) => [id, frame.columns["session.events"]?.[i]] as const),
    );
    return found.length >= expected.size && (await hub.eventsLeft()) === 0 ? found : undefined;
  });
  expect(rows.length).toBe(expected.size);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
  expect(await hub.dead()).toEqual([]);
});

/** Asks again until there is an answer; the test's own timeout ends it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(200);
  }
}
