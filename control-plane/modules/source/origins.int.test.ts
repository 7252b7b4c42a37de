import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type Answer, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

/** What it guards: a second tenant could name another's site, and the edge sent the site's events to whom it read first. */

let api: TestApi;
let mine: Fixture;
let theirs: Fixture;

const SITE = "https://one.shop.example";
const FREE = "https://free.example";

beforeAll(async () => {
  api = await startApi();
  mine = await makeTenant(api, "one");
  theirs = await makeTenant(api, "two");
});

afterAll(() => api?.stop());

async function ask(tenant: string, query: string, variables: object): Promise<Answer> {
  return api.ask(await api.issuer.token({ tenant, roles: ["developer"] }), query, variables);
}

function create(tenant: "one" | "two", name: string, origins: readonly string[], kind = "WEB"): Promise<Answer> {
  const query = `mutation ($a: ID!, $n: String!, $k: SourceKind!, $o: [String!]!) {
    createSource(application: $a, name: $n, kind: $k, consentMode: SUBJECT, origins: $o) { source { id } } }`;
  const { application } = tenant === "one" ? mine : theirs;
  return ask(tenant, query, { a: application, n: name, k: kind, o: origins });
}

function set(tenant: "one" | "two", source: string, origins: readonly string[]): Promise<Answer> {
  const query = "mutation ($s: ID!, $o: [String!]!) { setSourceOrigins(source: $s, origins: $o) { origins } }";
  return ask(tenant, query, { s: source, o: origins });
}

const remove = (tenant: "one" | "two", source: string): Promise<Answer> =>
  ask(tenant, "mutation ($s: ID!) { deleteSource(source: $s) }", { s: source });

const idOf = (answer: Answer): string => answer.get<{ source: { id: string } }>("createSource").source.id;

test("a site has one web source, in whichever tenant, and nobody learns whose", async () => {
  const foreign = await create("two", "copy", [FREE, `${SITE}/`]);
  const own = await create("one", "copy", [SITE]);
  expect([foreign.codes, own.codes]).toEqual([["ORIGIN_TAKEN"], ["ORIGIN_TAKEN"]]);
  expect(foreign.text).toBe(own.text);
  for (const secret of Object.values(mine)) expect(foreign.text).not.toContain(secret);
  // nothing of the refused one is left
  expect((await create("two", "copy", [FREE])).codes).toEqual([]);
});

test("origins can be changed, not to a taken one, and what was given up is free", async () => {
  const [first, second] = ["https://first.example", "https://second.example"];
  const source = idOf(await create("one", "changing", [first]));
  expect((await set("one", source, [SITE])).codes).toEqual(["ORIGIN_TAKEN"]);
  expect((await set("two", theirs.source, [first])).codes).toEqual(["ORIGIN_TAKEN"]);
  expect((await set("one", source, [])).codes).toEqual(["INVALID_INPUT"]);
  expect((await set("one", source, [second, `${second}/`])).data).toEqual({ setSourceOrigins: { origins: [second] } });
  expect((await set("two", theirs.source, [first, "https://two.shop.example"])).codes).toEqual([]);
});

test("a deleted source's origin is free, with its application too", async () => {
  const origin = "https://passing.example";
  const source = idOf(await create("one", "passing", [origin]));
  await remove("one", source);
  const next = await create("two", "passing", [origin]);
  expect(next.codes).toEqual([]);
  const developer = await api.issuer.token({ tenant: "two", roles: ["owner"] });
  const gone = await api.ask(developer, "mutation ($a: ID!) { deleteApplication(application: $a) }", {
    a: theirs.application,
  });
  expect(gone.codes).toEqual([]);
  expect((await create("one", "passing", [origin])).codes).toEqual([]);
});

test("a REST source's origins are for CORS alone: two may share one", async () => {
  expect((await create("one", "api", [SITE], "REST")).codes).toEqual([]);
});

test("of two at once one wins", async () => {
  const both = ["https://race-a.example", "https://race-b.example"];
  const answers = await Promise.all([create("one", "race", both), create("one", "race 2", both.toReversed())]);
  expect(answers.flatMap(({ codes }) => codes)).toEqual(["ORIGIN_TAKEN"]);
});
