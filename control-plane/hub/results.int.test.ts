import { jetstream } from "@nats-io/jetstream";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { resultMessage } from "@o2mc/schema/events/testkit/result-message.ts";
import { consentKey, deadSubject, resultSubject, WINDOW_CONSUMER } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { newTenantAccount } from "./accounts.ts";
import type { TenantConnection } from "./connection.ts";
import { lastDeadLetters } from "./dead-letters.ts";
import { Hub } from "./hub.ts";
import { openResults, type ResultEvent } from "./results.ts";

let server: NatsOperator;
let hub: Hub;
let connection: TenantConnection;
const account = newTenantAccount();

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  connection = await hub.ensureTenant("t", account);
});

afterAll(async () => {
  await hub?.close();
  await server?.stop();
});

const request = (output: string, after?: number) => ({
  application: "app",
  pipeline: "p",
  output,
  ...(after === undefined ? {} : { after }),
});

async function publish(output: string, ids: readonly string[], filler = ""): Promise<number> {
  const frame: ResultFrame = {
    revision: 1,
    lane: "analytics",
    n: ids.length,
    id: ids,
    subjectKey: ids.map((id) => `subject-${id}`),
    columns: { "page.path": ids.map((id) => `/${id}${filler}`) },
  };
  const subject = resultSubject("app", "p", output);
  const { seq } = await jetstream(connection.nc).publish(subject, resultMessage(frame), {
    msgID: `${output}.${ids[0]}`,
  });
  return seq;
}

/** Reads until the row with this id has come. */
async function readUntil(events: AsyncIterator<ResultEvent>, id: string): Promise<ResultEvent[]> {
  const seen: ResultEvent[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) return seen;
    seen.push(value);
    if (value.type === "rows" && value.rows.some((row) => row["id"] === id)) return seen;
  }
}

const ids = (events: readonly ResultEvent[]): unknown[] =>
  events.flatMap((event) => (event.type === "rows" ? event.rows.map((row) => row["id"]) : []));

test("a live result reaches a subscriber as rows with their ids", async () => {
  const events = openResults(connection, request("live"));
  const first = events.next();
  // without a cursor it begins now: what the first read hears is what comes after it has begun
  const timer = setInterval(() => void publish("live", [`r${Date.now()}`]), 50);
  const { value } = await first;
  clearInterval(timer);
  const id = value?.type === "rows" ? value.rows[0]?.["id"] : undefined;
  expect(value).toMatchObject({ type: "rows", rows: [{ id, "page.path": `/${String(id)}` }] });
  await events.return?.();
});

test("a cursor resumes without loss or doubling while results go on coming", async () => {
  const wanted = Array.from({ length: 400 }, (_, i) => `n${i}`);
  const start = await publish("resume", ["before"]);
  const publishing = (async () => {
    for (const id of wanted) await publish("resume", [id]);
  })();
  let cursor = start;
  const seen: unknown[] = [];
  while (seen.length < wanted.length) {
    const events = openResults(connection, request("resume", cursor));
    for (let i = 0; i < 90 && seen.length < wanted.length; i++) {
      const { value } = await events.next();
      if (value?.type !== "rows") throw new Error(`unexpected ${JSON.stringify(value)}`);
      seen.push(...ids([value]));
      cursor = value.cursor;
    }
    await events.return?.();
  }
  await publishing;
  expect(seen).toEqual(wanted);
});

test("another output's results are not seen", async () => {
  const start = await publish("one", ["x"]);
  await publish("other", ["y"]);
  await publish("one", ["z"]);
  expect(ids(await readUntil(openResults(connection, request("one", start)), "z"))).toEqual(["z"]);
});

test("a slow reader gets one explicit gap and then goes on", async () => {
  const start = await publish("slow", ["start"]);
  const events = openResults(connection, request("slow", start - 1));
  // after two live ones, what was there before has been read for sure
  for (const id of ["live", "live too"]) {
    const reading = readUntil(events, id);
    await publish("slow", [id]);
    await reading;
  }
  let last = 0;
  // 20 × 600 kB are more than the 8 MB that wait for a subscriber
  for (let i = 0; i < 20; i++) last = await publish("slow", [`s${i}`], "x".repeat(600_000));
  await connection.nc.flush();
  const seen: ResultEvent[] = [];
  while (!seen.some(({ type }) => type === "gap")) {
    const { value } = await events.next();
    if (value !== undefined) seen.push(value);
  }
  const gap = seen.at(-1);
  const read = seen.flatMap((event) => (event.type === "rows" ? [event.cursor] : []));
  expect(gap).toEqual({ type: "gap", from: read.at(-1), until: last, reason: "slow-reader" });
  await publish("slow", ["after"]);
  expect(ids(await readUntil(events, "after"))).toEqual(["after"]);
  // what the gap left out can still be had by its cursor
  if (gap?.type !== "gap") throw new Error("no gap");
  expect(ids(await readUntil(openResults(connection, request("slow", gap.from)), "s19"))[0]).toBe(`s${read.length}`);
});

test("a cursor older than the window is told so", async () => {
  const start = await publish("old", ["gone"]);
  await publish("old", ["gone too"]);
  // the window lets go of what is older than it
  const window = await connection.js.consumers.get("RESULTS", WINDOW_CONSUMER);
  expect((await window.info()).config.headers_only).toBe(true);
  await connection.jsm.streams.purge("RESULTS");
  await connection.jsm.consumers.delete("RESULTS", WINDOW_CONSUMER);
  const until = (await connection.jsm.streams.info("RESULTS")).state.last_seq;
  const events = openResults(connection, request("old", start - 1));
  expect((await events.next()).value).toEqual({ type: "gap", from: start - 1, until, reason: "expired" });
  await events.return?.();
  await hub.ensureTenant("t", account);
});

test("a window made anew says what was lost meanwhile", async () => {
  const other = newTenantAccount();
  const tenant = await hub.ensureTenant("t2", other);
  await tenant.jsm.consumers.delete("RESULTS", WINDOW_CONSUMER);
  // a slow delivery holds its own results, others are lost
  await tenant.jsm.consumers.add("RESULTS", {
    durable_name: "d-x",
    ack_policy: "explicit",
    filter_subject: "out.app.p.held",
  });
  for (const output of ["held", "lost", "held"]) await jetstream(tenant.nc).publish(`out.app.p.${output}`, "{}");
  await hub.ensureTenant("t2", other);
  const events = openResults(tenant, request("lost", 0));
  expect((await events.next()).value).toMatchObject({ type: "gap", from: 0, until: 3, reason: "expired" });
  await events.return?.();
});

test("a withdrawn subject's waiting results are not shown", async () => {
  const start = await publish("withdrawn", ["0"]);
  await publish("withdrawn", ["1", "2"]);
  const withdrawn: ConsentState = { purposes: [], policyVersion: 1, givenAt: 1, receipt: "r" };
  await connection.consent.put(consentKey("app", "subject-1"), JSON.stringify(withdrawn));
  expect(ids(await readUntil(openResults(connection, request("withdrawn", start)), "2"))).toEqual(["2"]);
});

test("an idle subscription ends at once", async () => {
  const events = openResults(connection, request("idle"));
  const pending = events.next();
  await events.return?.();
  expect((await pending).done).toBe(true);
});

test("results go on after the hub was killed and came back", async () => {
  const events = openResults(
    connection,
    request("killed", (await connection.jsm.streams.info("RESULTS")).state.last_seq),
  );
  const before = readUntil(events, "k1");
  await publish("killed", ["k1"]);
  expect(ids(await before)).toEqual(["k1"]);
  const reading = readUntil(events, "k2");
  await server.kill();
  await server.start();
  for (;;) {
    try {
      await publish("killed", ["k2"]);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  expect(ids(await reading)).toEqual(["k2"]);
});

test("the last dead letters of an application, newest first", async () => {
  const js = jetstream(connection.nc);
  const letter = (application: string, code: string) =>
    js.publish(
      deadSubject(application, "process", "p"),
      JSON.stringify({ v: 1, at: 1, stage: "process", owner: "p", code, message: "", row: {} }),
    );
  for (let i = 0; i < 5; i++) await letter("app", `c${i}`);
  for (let i = 0; i < 20; i++) await letter("other", "x");
  expect((await lastDeadLetters(connection, "app", 3)).map(({ code }) => code)).toEqual(["c4", "c3", "c2"]);
  expect(await lastDeadLetters(connection, "app", 100)).toHaveLength(5);
  expect(await lastDeadLetters(connection, "nobody", 3)).toEqual([]);
});
