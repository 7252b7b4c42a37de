import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LANE, SESSIONS, testDeployment } from "../testkit/deployment.ts";
import type { TestEvent } from "../testkit/frames.ts";
import { TestHub } from "../testkit/hub.ts";
import { startPlainServer, type PlainServer } from "../testkit/nats-server.ts";
import { until } from "../testkit/until.ts";

const LANE_2 = { ...LANE, partitions: 2 };
/** long enough that a slow machine's pause between two frames is not idleness */
const TIME = { disorderSeconds: 10, idleSeconds: 6 };
const PIPELINE = { ...SESSIONS, definition: { ...SESSIONS.definition, time: TIME } };
const DEPLOYMENT = testDeployment([PIPELINE], { lanes: [LANE_2] });
const GAP = 30_000;

let server: PlainServer;
let nats: NatsConnection;
let hub: TestHub;
const workers: ChildProcess[] = [];

beforeEach(async () => {
  server = await startPlainServer(process.env["O2MC_NATS_SERVER"]);
  nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  hub = new TestHub(nats);
  await hub.prepare(DEPLOYMENT);
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => end(worker, "SIGKILL")));
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

async function end(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill(signal);
  await once(worker, "exit");
}

/** Twenty visitors, each with sessions of several hits, neighbours out of order by up to eight seconds. */
function events(): TestEvent[] {
  return Array.from({ length: 6000 }, (_, i) => {
    // a pause of 45 s, more than the gap, after each 35 hits of a visitor
    const pause = Math.floor(i / 700) * 45_000;
    const time = 1_400_000_000_000 + i * 100 + pause - (i % 3 === 0 ? 8000 : 0);
    return { id: `e${i}`, subject: `visitor${i % 20}`, time, values: { "page.path": `/${i}` } };
  });
}

function sessionsOf(all: readonly TestEvent[]): Record<string, number> {
  const sessions: Record<string, number> = {};
  for (const subject of new Set(all.map((event) => event.subject))) {
    const own = all.filter((event) => event.subject === subject).map(({ time }) => time);
    let start = -Infinity;
    let last = -Infinity;
    for (const time of own.sort((a, b) => a - b)) {
      if (time - last > GAP) start = time;
      last = time;
      const id = `${subject}-${start.toString(36)}`;
      sessions[id] = (sessions[id] ?? 0) + 1;
    }
  }
  return sessions;
}

/** Sends everything in small frames; `at` is called with the number of events before each. */
async function send(all: readonly TestEvent[], at: (sent: number) => Promise<void> | void): Promise<void> {
  for (let i = 0; i < all.length; i += 50) {
    await at(i);
    await hub.send(DEPLOYMENT, all.slice(i, i + 50));
    await sleep(40);
  }
}

/** Every session once, with every event, nothing dead, nothing left in the log. */
async function expectSessions(all: readonly TestEvent[]): Promise<void> {
  const expected = sessionsOf(all);
  const count = Object.keys(expected).length;
  const rows = await until(async () => {
    const frames = await hub.results();
    const found = frames.flatMap((f) => f.id.map((id, i) => [id, f.columns["session.events"]?.[i]] as const));
    return found.length >= count && (await hub.eventsLeft()) === 0 ? found : undefined;
  });
  expect(Object.fromEntries(rows)).toEqual(expected);
  expect(rows.length).toBe(count);
  expect(await hub.dead()).toEqual([]);
}

it("finds every session once although workers are killed with -9 midway", async () => {
  const all = events();
  startWorker();
  startWorker();
  await send(all, async (sent) => {
    if (sent === 2000) await end(workers[0] as ChildProcess, "SIGKILL");
    if (sent === 2500) startWorker();
    if (sent === 4000) await end(workers[1] as ChildProcess, "SIGKILL");
  });
  await expectSessions(all);
});

it("finds every session once over a worker that is stopped and one that is only suspended", async () => {
  const all = events();
  startWorker();
  await send(all, async (sent) => {
    if (sent === 1000) startWorker();
    if (sent === 2000) await end(workers[0] as ChildProcess, "SIGTERM");
    if (sent === 2500) startWorker();
    if (sent === 3000) workers[1]?.kill("SIGSTOP");
    if (sent === 5600) workers[1]?.kill("SIGCONT");
  });
  await expectSessions(all);
});

it("finds every session once although the hub is killed with -9 midway", async () => {
  const all = events();
  startWorker();
  startWorker();
  await send(all, async (sent) => {
    if (sent !== 2000 && sent !== 4000) return;
    await server.kill();
    await sleep(500);
    await server.start();
    await until(() =>
      nats.flush().then(
        () => true,
        () => undefined,
      ),
    );
  });
  await expectSessions(all);
});
