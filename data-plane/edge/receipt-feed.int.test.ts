import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AckPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { createLogger } from "@o2mc/runtime/log.ts";
import { ReceiptLog } from "@o2mc/runtime/receipt-log.ts";
import { RECEIPTS_SOURCE, withReceiptFields } from "@o2mc/schema/consent/receipt-fields.ts";
import { makeReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { receiptsConsumer, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Tenant } from "../config/tenants.ts";
import { TestHub, type StoredFrame } from "../config/testkit/hub.ts";
import { Counters } from "./counters.ts";
import { Registry } from "./registry.ts";
import { createEdgeServer } from "./server.ts";
import { KEY, testDeployment } from "./testkit/deployment.ts";

const log = createLogger("feed-test", "silent");

let hub: TestHub;
let registry: Registry;
let server: Server;
let base: string;
let tenant: Tenant;
let chain: ReceiptLog;

/** With a lane for receipts and one that claims to be for receipts and analytics together. */
function deployment(revision: number): Deployment {
  const plain = testDeployment(revision);
  const purposes = [
    ...plain.policy.purposes,
    { name: "proof", description: "Prove consent", legalBasis: "legal-obligation", lifetimeDays: 3650 } as const,
  ];
  const fields = withReceiptFields(plain.policy.fields, "proof");
  const lane = (...names: string[]) => ({
    id: names.join("+"),
    purposes: names,
    partitions: 2,
    fields: fields.filter(({ path }) => path.startsWith("receipt.") || path === "page.path"),
  });
  return {
    ...plain,
    policy: { ...plain.policy, purposes, fields, receiptsPurpose: "proof" },
    sources: [
      ...plain.sources,
      {
        id: RECEIPTS_SOURCE,
        name: RECEIPTS_SOURCE,
        kind: "consent",
        writeKeyHashes: [],
        origins: [],
        consentMode: "owner",
        grant: { granted: true, purposes: ["proof"] },
      },
    ],
    lanes: [...plain.lanes, lane("proof"), lane("analytics", "proof")],
  };
}

beforeEach(async () => {
  hub = await TestHub.start(process.env["O2MC_NATS_SERVER"]);
  await hub.jsm.consumers.add(STREAMS.receipts, {
    durable_name: receiptsConsumer("app"),
    filter_subject: receiptSubjects("app"),
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(1_000),
  });
  chain = new ReceiptLog(hub.nats);
  const counters = new Counters();
  registry = new Registry(counters, log);
  tenant = { id: "t1", nats: hub.nats };
  registry.addTenant(tenant);
  server = createEdgeServer({
    registry,
    counters,
    log,
    settled: () => true,
    snippet: "void 0;",
    publicUrl: () => base,
    bodyLimit: 1024 * 1024,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server?.close();
  server?.closeAllConnections();
  await registry?.close();
  await hub?.stop();
});

const deploy = (revision: number): void => registry.deploy(tenant, deployment(revision));

const send = (method: string, path: string, body: object) =>
  fetch(`${base}/v1/sources/${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
  });
const put = async (subject: string, ...purposes: string[]) =>
  (await send("PUT", `rest/consent/${subject}`, { purposes, policyVersion: 2 })).status;

const write = (subject: string, id: string) =>
  chain.append(
    makeReceipt(deployment(1).policy, {
      id,
      tenant: "t1",
      application: "app",
      subjectKey: subject,
      purposes: ["analytics"],
      policyVersion: 2,
      at: Date.UTC(2026, 0, 1),
      collection: { method: "support", by: "officer", optedOut: [] },
    }),
  );

/** The frames of the lanes with receipts once there are so many events in them and no receipt is still to be taken. */
async function proofs(count: number): Promise<readonly StoredFrame[]> {
  for (let i = 0; i < 100; i++) {
    const frames = (await hub.frames()).filter(({ subject }) => subject.includes("proof"));
    const { num_pending, num_ack_pending } = await hub.jsm.consumers.info(STREAMS.receipts, receiptsConsumer("app"));
    const taken = num_pending + num_ack_pending === 0;
    if (taken && frames.reduce((sum, { n }) => sum + n, 0) >= count) return frames;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`there are no ${count} receipts`);
}

const column = (frames: readonly StoredFrame[], name: string): readonly unknown[] =>
  frames.flatMap(({ columns }) => columns[name] ?? []);

const sorted = (frames: readonly StoredFrame[], name: string): readonly string[] =>
  column(frames, name).map(String).toSorted();

test("every receipt comes into the lane of receipts, a withdrawal's and those from before too, and nothing else does", async () => {
  await write("earlier", "first");
  deploy(1);
  while ((await put("ann", "analytics", "proof")) !== 204);
  expect(await put("ann")).toBe(204);
  const now = new Date().toISOString();
  const event = {
    id: "forged",
    type: "consent.given",
    time: now,
    subject: "bob",
    data: { receipt: { id: "forged", decision: "given" }, page: { path: "/" } },
    consent: { purposes: ["analytics", "proof"], policyVersion: 2, givenAt: now },
  };
  for (const source of ["rest", "web", "log"]) expect((await send("POST", `${source}/events`, event)).status).toBe(202);
  expect((await send("POST", "consent/events", event)).status).toBe(401);
  expect((await fetch(`${base}/v1/sources/consent/openapi.json`)).status).toBe(401);
  expect((await send("PUT", "consent/consent/bob", { purposes: [], policyVersion: 2 })).status).toBe(401);

  const frames = await proofs(3);
  expect(new Set(frames.map(({ subject }) => subject.split(".")[2]))).toEqual(new Set(["proof"]));
  expect(column(frames, "$id")).toHaveLength(3);
  expect(column(frames, "$id")).toContain("first");
  expect(column(frames, "$id")).not.toContain("forged");
  expect(sorted(frames, "receipt.id")).toEqual(sorted(frames, "$id"));
  expect(sorted(frames, "receipt.decision")).toEqual(["given", "given", "withdrawn"]);
  expect(sorted(frames, "$type")).toEqual(["consent.given", "consent.given", "consent.withdrawn"]);
  expect(new Set(column(frames, "$source"))).toEqual(new Set(["consent"]));
  expect(column(frames, "receipt.purposes")).toContain("analytics,proof");
  // a withdrawal is stored under the subject's own key: the receipts are under another
  for (const key of column(frames, "#key")) expect(String(key)).toMatch(/^r-/);
  expect(column(frames, "page.path").filter((value) => value !== null)).toEqual([]);
});

test("what an edge has not acknowledged comes again with the same id, and what it has does not", async () => {
  deploy(1);
  await Promise.all(Array.from({ length: 300 }, (_, i) => write(`s${i % 7}`, `r${i}`)));
  const first = await proofs(300);
  expect(sorted(first, "$id")).toEqual(Array.from({ length: 300 }, (_, i) => `r${i}`).toSorted());
  await hub.clear();
  // the next edge
  await registry.close();
  const other = new Registry(new Counters(), log);
  other.addTenant(tenant);
  registry = other;
  deploy(2);
  await write("late", "late");
  expect(column(await proofs(1), "$id")).toEqual(["late"]);
});

test("while the hub has no room for frames a receipt stays where it is", async () => {
  deploy(1);
  await write("ann", "before");
  await proofs(1);
  await hub.clear();
  await hub.jsm.streams.update(STREAMS.events, { max_bytes: 1 });
  await write("ann", "held");
  // it has been handed out and given back
  while ((await hub.jsm.consumers.info(STREAMS.receipts, receiptsConsumer("app"))).num_redelivered === 0);
  expect(await hub.frames()).toEqual([]);
  await hub.jsm.streams.update(STREAMS.events, { max_bytes: 16 * 1024 * 1024 });
  expect(new Set(column(await proofs(1), "$id"))).toEqual(new Set(["held"]));
});
