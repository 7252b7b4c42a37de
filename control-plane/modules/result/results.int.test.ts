import { createClient, type Client } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ResultEvent } from "../../hub/results.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;
const asked: unknown[] = [];

beforeAll(async () => {
  // stands for the hub, which has tests of its own: what is tested here is who may ask and what they are told
  api = await startApi({
    openResults: (owner, request) => {
      asked.push({ owner, ...request });
      return Promise.resolve(threeEvents());
    },
    lastDeadLetters: () => Promise.resolve([]),
  });
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

// oxlint-disable-next-line require-await -- an async iterable is what the hub gives
async function* threeEvents(): AsyncGenerator<ResultEvent> {
  yield { type: "rows", cursor: 7, rows: [{ id: "r1", "page.path": "/" }] };
  yield { type: "gap", from: 7, until: 9, reason: "slow-reader" };
  yield { type: "rows", cursor: 10, rows: [] };
}

const QUERY = `subscription ($o: OutputRef!, $a: String) { results(output: $o, after: $a) {
  ... on ResultRows { cursor rows } ... on ResultGap { from until reason } } }`;

const output = (name = "pages") => ({ application: tenant.application, pipeline: tenant.pipeline, output: name });

function connect(token: string, closed: (code: number) => void = () => undefined): Client {
  return createClient({
    url: api.url.replace("http", "ws") + "/graphql",
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => undefined,
    on: { closed: (event) => closed((event as CloseEvent).code) },
  });
}

async function messages(token: string, variables: Record<string, unknown>): Promise<unknown[]> {
  const client = connect(token);
  const seen: unknown[] = [];
  try {
    for await (const { data, errors } of client.iterate({ query: QUERY, variables })) {
      seen.push(errors ?? data?.["results"]);
    }
  } catch (error) {
    seen.push(error);
  } finally {
    await client.dispose();
  }
  return seen;
}

test("rows and gaps arrive in order, and `after` reaches the hub", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ["analyst"] });
  expect(await messages(token, { o: output(), a: "6" })).toEqual([
    { cursor: "7", rows: [{ id: "r1", "page.path": "/" }] },
    { from: "7", until: "9", reason: "slow-reader" },
    { cursor: "10", rows: [] },
  ]);
  expect(asked).toEqual([{ owner: "one", ...output(), after: 6 }]);
});

test("a machine token with the scope may subscribe", async () => {
  expect(await messages(tenant.secret, { o: output() })).toHaveLength(3);
});

test("another tenant is told that there is no such application", async () => {
  const operator = await api.issuer.token({ tenant: "platform", roles: ["operator"] });
  await api.ask(operator, `mutation { createTenant(id: "two", name: "Two") { id } }`);
  const before = asked.length;
  const token = await api.issuer.token({ tenant: "two", roles: ["owner"] });
  expect(JSON.stringify(await messages(token, { o: output() }))).toContain(`"code":"NOT_FOUND"`);
  expect(asked.length).toBe(before);
});

test.each([
  ["without the role", ["privacy-officer"] as const, {}, "FORBIDDEN"],
  ["to an output that is not there", ["analyst"] as const, { o: { output: "none" } }, "NOT_FOUND"],
  ["from a cursor that is none", ["analyst"] as const, { a: "x" }, "INVALID_CURSOR"],
])("subscribing %s is refused", async (_, roles, change: { o?: object; a?: string }, code) => {
  const token = await api.issuer.token({ tenant: "one", roles });
  const variables = { o: { ...output(), ...change.o }, ...(change.a === undefined ? {} : { a: change.a }) };
  expect(JSON.stringify(await messages(token, variables))).toContain(`"code":"${code}"`);
});

test("a socket without a valid token is closed, and one whose token expires", async () => {
  const closing = (token: string) => new Promise<number>((done) => connect(token, done));
  expect(await closing("nonsense")).toBe(4403);
  expect(await closing(await api.issuer.token({ tenant: "one", roles: ["analyst"], expiresIn: 1 }))).toBe(4403);
});
