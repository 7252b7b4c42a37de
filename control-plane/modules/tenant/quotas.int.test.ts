import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "@o2mc/runtime/log.ts";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { inTenant } from "../../db/orm.ts";
import { SecretBox } from "../../db/secret.ts";
import { withQuotas } from "../../publish/with-quotas.ts";
import { loadDeployment } from "../../publish/load-deployment.ts";
import { noHub, startApi, type Answer, type TestApi } from "../../test/api.ts";
import { DEFINITION, makeTenant, type Fixture } from "../../test/fixture.ts";
import { SubscriberCount } from "../result/subscriber-count.ts";

let api: TestApi;
let tenant: Fixture;
let operator: string;
let developer: string;

beforeAll(async () => {
  api = await startApi({ hub: () => noHub });
  tenant = await makeTenant(api, "one");
  operator = await api.issuer.token({ tenant: "platform", roles: ["operator"] });
  developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
});

afterAll(() => api?.stop());

const SET = `mutation ($t: ID!, $q: TenantQuotasInput!) { setTenantQuotas(tenant: $t, quotas: $q) { quotas { sources pipelines } } }`;
const limit = (quotas: object, by = operator): Promise<Answer> => api.ask(by, SET, { t: "one", q: quotas });

const source = (name: string): Promise<Answer> =>
  api.ask(
    developer,
    `mutation ($a: ID!, $n: String!) { createSource(application: $a, name: $n, kind: REST, consentMode: OWNER) { source { id } } }`,
    { a: tenant.application, n: name },
  );

const pipeline = (name: string): Promise<Answer> =>
  api.ask(
    developer,
    `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) { createPipeline(application: $a, name: $n, definition: $d) { id } }`,
    { a: tenant.application, n: name, d: DEFINITION },
  );

test("sources beyond the quota, also many at once", async () => {
  expect((await limit({ sources: 4 })).codes).toEqual([]);
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => source(`s${i}`)));
  // the tenant had one
  expect(answers.filter(({ codes }) => codes.length === 0).length).toBe(3);
  expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(["QUOTA_EXCEEDED"]));
  expect(answers.find(({ codes }) => codes.length > 0)?.text).toContain('"quota":"sources","limit":4');
  await limit({});
  expect((await source("more")).codes).toEqual([]);
});

test("pipelines beyond the quota", async () => {
  await limit({ pipelines: 1 });
  expect((await pipeline("second")).codes).toEqual(["QUOTA_EXCEEDED"]);
  await limit({ pipelines: 2 });
  expect((await pipeline("second")).codes).toEqual([]);
});

test("only the platform's operator sets quotas, and the tenant sees them", async () => {
  for (const token of [developer, await api.issuer.token({ tenant: "one", roles: ["owner", "operator"] })]) {
    expect((await limit({ sources: 1000 }, token)).codes).toEqual(["FORBIDDEN"]);
  }
  expect((await limit({ sources: -1 })).codes).toEqual(["INVALID_INPUT"]);
  expect((await api.ask(operator, SET, { t: "nowhere", q: {} })).codes).toEqual(["NOT_FOUND"]);
  await limit({ sources: 7 });
  const me = await api.ask(developer, "{ me { tenant { quotas { sources pipelines } } } }");
  expect(me.get<object>("me")).toEqual({ tenant: { quotas: { sources: 7, pipelines: null } } });
});

test("what the data plane keeps of them is in the deployment, with a new revision", async () => {
  const load = async (): Promise<Deployment> =>
    (await loadDeployment(
      api.database.orm,
      new SecretBox(Buffer.alloc(32, 7)),
      "one",
      tenant.application,
    )) as Deployment;
  await limit({ sources: 9 });
  const before = await load();
  expect(before.limits).toBeUndefined();
  await limit({ eventsPerSecond: 500 });
  const after = await load();
  expect(after.limits).toEqual({ eventsPerSecond: 500 });
  expect(after.revision).toBeGreaterThan(before.revision);
});

// it held for each application, so that a tenant had it as many times as it made applications
test("the state is shared by a tenant's applications, anew when there are more or fewer", async () => {
  await limit({ stateBytes: 1200 });
  const secrets = new SecretBox(Buffer.alloc(32, 7));
  const load = async (): Promise<Deployment> =>
    (await loadDeployment(api.database.orm, secrets, "one", tenant.application)) as Deployment;
  const held = ({ lanes }: Deployment): number =>
    lanes.reduce((sum, { partitions, stateBytes = 0 }) => sum + partitions * stateBytes, 0);
  const alone = await load();
  const count = `{ applications(first: 50) { edges { node { id } } } }`;
  const applications = (await api.ask(developer, count)).get<{ edges: unknown[] }>("applications").edges.length;
  expect(held(alone)).toBeLessThanOrEqual(1200 / applications);
  const created = await api.ask(developer, `mutation { createApplication(name: "More", slug: "more") { id } }`);
  const { id } = created.get<{ id: string }>("createApplication");
  const beside = await load();
  expect(held(beside)).toBeLessThanOrEqual(1200 / (applications + 1));
  expect(held(beside)).toBeGreaterThan(0);
  expect(beside.revision).toBeGreaterThan(alone.revision);
  const owner = await api.issuer.token({ tenant: "one", roles: ["owner"] });
  await api.ask(owner, "mutation ($x: ID!) { deleteApplication(application: $x) }", { x: id });
  const again = await load();
  expect(held(again)).toBe(held(alone));
  expect(again.revision).toBeGreaterThan(beside.revision);
  await limit({});
});

test("each partition of an application has the same share of its state", () => {
  const lane = (id: string, partitions: number): DeployedLane => ({ id, purposes: [id], partitions, fields: [] });
  const deployment = { lanes: [lane("a", 2), lane("b", 2), lane("a+b", 2)] } as unknown as Deployment;
  expect(withQuotas(deployment, { stateBytes: 2000 }, 2).lanes.map(({ stateBytes }) => stateBytes)).toEqual([
    166, 166, 166,
  ]);
  expect(withQuotas(deployment, {}, 1)).toBe(deployment);
});

async function* rows(fail = false): AsyncGenerator<number> {
  yield 1;
  await Promise.resolve();
  if (fail) throw new Error("gone");
}

const log = createLogger("test", "silent");
const refused = { code: "QUOTA_EXCEEDED" };

test("subscribers beyond the quota, until one ends, in whichever way", async () => {
  const subscribers = new SubscriberCount(api.database.orm, log);
  const open = (fail = false) => subscribers.count("one", 1, () => Promise.resolve(rows(fail)));
  const returned = await open();
  await expect(open()).rejects.toMatchObject(refused);
  await subscribers.count("two", 1, () => Promise.resolve(rows()));
  await returned.return?.();
  await returned.return?.();
  const ended = await open();
  await expect(open()).rejects.toMatchObject(refused);
  while ((await ended.next()).done !== true);
  const failing = await open(true);
  await failing.next();
  await expect(failing.next()).rejects.toThrow("gone");
  await expect(subscribers.count("one", 1, () => Promise.reject(new Error("no hub")))).rejects.toThrow("no hub");
  await open();
  await expect(open()).rejects.toMatchObject(refused);
  await subscribers.stop();
});

// defect: each control plane counted for itself, so that a tenant had its quota as often as there were processes
test("the quota of subscribers holds over all control planes, also when many ask at once", async () => {
  const planes = Array.from({ length: 3 }, () => new SubscriberCount(api.database.orm, log));
  const open = async (plane: number) => {
    const asked = planes[plane % 3];
    if (asked === undefined) throw new Error("no such control plane");
    return asked.count("one", 5, () => Promise.resolve(rows()));
  };
  const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => open(i)));
  const opened = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  expect(opened).toHaveLength(5);
  expect(new Set(answers.flatMap((answer) => (answer.status === "rejected" ? [codeOf(answer.reason)] : [])))).toEqual(
    new Set(["QUOTA_EXCEEDED"]),
  );
  // of another tenant they say nothing
  const foreign = new SubscriberCount(api.database.orm, log);
  await foreign.count("two", 1, () => Promise.resolve(rows()));
  await foreign.stop();
  await opened[0]?.return?.();
  // its process tells of it in a moment
  const again = (): Promise<boolean> => open(1).then(Boolean, () => false);
  await expect.poll(again).toBe(true);
  await expect(open(2)).rejects.toMatchObject(refused);
  for (const plane of planes) await plane.stop();
});

test("what a control plane had open when it died is free again after a while", async () => {
  const [died, lives] = [new SubscriberCount(api.database.orm, log), new SubscriberCount(api.database.orm, log)];
  await died.count("one", 1, () => Promise.resolve(rows()));
  const open = () => lives.count("one", 1, () => Promise.resolve(rows()));
  await expect(open()).rejects.toMatchObject(refused);
  await inTenant(api.database.orm, "one", (em) =>
    em.execute("update subscriber_counts set seen_at = now() - interval '31 seconds'"),
  );
  await open();
  for (const plane of [died, lives]) await plane.stop();
});

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
