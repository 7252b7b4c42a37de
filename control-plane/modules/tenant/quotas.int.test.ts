import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
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

test("each partition of an application has the same share of its state", () => {
  const lane = (id: string, partitions: number): DeployedLane => ({ id, purposes: [id], partitions, fields: [] });
  const deployment = { lanes: [lane("a", 2), lane("b", 2), lane("a+b", 2)] } as unknown as Deployment;
  expect(withQuotas(deployment, { stateBytes: 1000 }).lanes.map(({ stateBytes }) => stateBytes)).toEqual([
    166, 166, 166,
  ]);
  expect(withQuotas(deployment, {})).toBe(deployment);
});

test("subscribers beyond the quota, until one ends, in whichever way", async () => {
  const subscribers = new SubscriberCount();
  async function* rows(fail: boolean): AsyncGenerator<number> {
    yield 1;
    await Promise.resolve();
    if (fail) throw new Error("gone");
  }
  const open = (fail = false) => subscribers.count("one", 1, () => Promise.resolve(rows(fail)));
  const refused = { code: "QUOTA_EXCEEDED" };
  const returned = await open();
  await expect(open()).rejects.toMatchObject(refused);
  await subscribers.count("two", 1, () => Promise.resolve(rows(false)));
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
});
