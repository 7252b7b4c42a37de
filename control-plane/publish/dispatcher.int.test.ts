import { createCurve } from "@nats-io/nkeys";
import { createLogger } from "@o2mc/runtime/log.ts";
import { SealedReader } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig, Deployment, SealedDestination } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS, deliveryConsumer, partitionConsumer } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { OutboxRow } from "../db/entities/outbox.ts";
import { asDispatcher } from "../db/orm.ts";
import { SecretBox } from "../db/secret.ts";
import type { TenantConnection } from "../hub/connection.ts";
import { Hub } from "../hub/hub.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant } from "../test/fixture.ts";
import { Dispatcher } from "./dispatcher.ts";
import { ensureAccount } from "./ensure-account.ts";

const secrets = new SecretBox(Buffer.alloc(32, 7));
const log = createLogger("test", process.env["O2MC_LOG_LEVEL"] ?? "silent");

const deliver = createCurve();

let api: TestApi;
let server: NatsOperator;
let hub: Hub;
let dispatcher: Dispatcher;

beforeAll(async () => {
  [api, server] = await Promise.all([startApi(), startNatsOperator()]);
  hub = await Hub.connect(server);
  dispatcher = startDispatcher();
});

afterAll(async () => {
  await dispatcher?.stop();
  await hub?.close();
  await server?.stop();
  await api?.stop();
});

function startDispatcher(): Dispatcher {
  const { orm, url } = api.database;
  const started = new Dispatcher({ orm, secrets, hub, log, sealFor: deliver.getPublicKey(), databaseUrl: url });
  started.start();
  return started;
}

const openRows = (): Promise<number> => asDispatcher(api.database.orm, (em) => em.count(OutboxRow, { doneAt: null }));

async function dispatched(): Promise<void> {
  while ((await openRows()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function tenant(id: string): Promise<TenantConnection> {
  const account = await ensureAccount(api.database.orm, secrets, id);
  if (account === null) throw new Error("no tenant");
  return hub.tenant(id, account.seed);
}

async function deployment(id: string, application: string): Promise<Deployment | undefined> {
  const entry = await (await tenant(id)).deployments.get(application);
  return entry?.operation === "PUT" ? entry.json<Deployment>() : undefined;
}

test("what is published through the API is in the tenant's hub", async () => {
  const made = await makeTenant(api, "acme");
  await dispatched();
  const there = await deployment("acme", made.application);
  expect(there).toMatchObject({
    tenant: "acme",
    application: made.application,
    policy: { version: 1 },
    lanes: [{ id: "analytics", fields: [{ path: "page.path" }] }],
    pipelines: [{ id: made.pipeline, lane: "analytics", version: 1 }],
    sources: [{ id: made.source, grant: { granted: true, purposes: ["analytics"] } }],
    deliveries: [{ id: made.delivery, output: "pages", destination: made.destination }],
  });
  expect(there?.sources[0]?.writeKeyHashes).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  expect(there?.subjectSalt).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(there)).not.toContain("hunter2");

  const { destinations, jsm } = await tenant("acme");
  const sealed = await destinations.get(made.destination);
  expect(sealed?.string()).not.toContain("hunter2");
  const opened = new SealedReader([new TextDecoder().decode(deliver.getSeed())]).open(
    sealed?.json<SealedDestination>() ?? expect.fail("there is no destination"),
    ["acme", BUCKETS.destinations, made.destination],
  );
  expect((JSON.parse(opened) as DestinationConfig).options["postgres"]?.["password"]).toBe("hunter2-secret");
  const partition = await jsm.consumers.info("EVENTS", partitionConsumer(made.application, "analytics", 0));
  expect(partition.config).toMatchObject({ priority_policy: "pinned_client", max_ack_pending: 20_000 });
  expect((await jsm.consumers.info("RESULTS", deliveryConsumer(made.delivery))).config.ack_policy).toBe("explicit");
});

test("what was written while no dispatcher ran is caught up, and repeating changes nothing", async () => {
  await dispatcher.stop();
  const made = await makeTenant(api, "late");
  expect(await openRows()).toBeGreaterThan(0);
  dispatcher = startDispatcher();
  await dispatched();
  const first = await (await tenant("late")).deployments.get(made.application);
  const sealed = await (await tenant("late")).destinations.get(made.destination);
  await dispatcher.stop();
  dispatcher = startDispatcher();
  const again = await makeTenant(api, "later");
  await dispatched();
  expect((await (await tenant("late")).deployments.get(made.application))?.revision).toBe(first?.revision);
  expect((await (await tenant("late")).destinations.get(made.destination))?.revision).toBe(sealed?.revision);
  expect(await deployment("later", again.application)).toBeDefined();
});

test("a hub that is down delays publishing and loses nothing", async () => {
  await server.kill();
  const making = makeTenant(api, "patient");
  const made = await making;
  expect(await openRows()).toBeGreaterThan(0);
  await server.start();
  await dispatched();
  expect(await deployment("patient", made.application)).toBeDefined();
});

test("a deleted application leaves nothing behind", async () => {
  const made = await makeTenant(api, "brief");
  await dispatched();
  const owner = await api.issuer.token({ tenant: "brief", roles: ["owner"], sub: "owner" });
  const answer = await api.ask(owner, `mutation ($a: ID!) { deleteApplication(application: $a) }`, {
    a: made.application,
  });
  expect(answer.codes).toEqual([]);
  await dispatched();
  expect(await deployment("brief", made.application)).toBeUndefined();
  const names: string[] = [];
  for await (const { name } of (await tenant("brief")).jsm.consumers.list("EVENTS")) names.push(name);
  expect(names).toEqual([]);
});
