import { jetstream } from "@nats-io/jetstream";
import { createClient, type Client } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { resultMessage } from "@o2mc/schema/events/testkit/result-message.ts";
import { consentKey, resultSubject } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import type { TestApi } from "../../test/api.ts";
import { DEFINITION, makeTenant, type Fixture } from "../../test/fixture.ts";
import { startHubApi, type HubApi } from "../../test/hub-api.ts";

let running: HubApi;
let api: TestApi;
let tenant: Fixture;
let connection: TenantConnection;

beforeAll(async () => {
  running = await startHubApi();
  ({ api, tenant, connection } = running);
});

afterAll(() => running?.stop());

const QUERY = `subscription ($o: OutputRef!, $a: String) { results(output: $o, after: $a) {
  ... on ResultRows { cursor rows withheld } ... on ResultGap { from until reason missed } } }`;

const output = (name = "pages") => ({ application: tenant.application, pipeline: tenant.pipeline, output: name });

async function publish(...ids: string[]): Promise<void> {
  const frame: ResultFrame = {
    revision: 1,
    lane: "analytics",
    n: ids.length,
    id: ids,
    subjectKey: ids.map((id) => `of-${id}`),
    columns: { "page.path": ids.map((id) => `/${id}`) },
  };
  const subject = resultSubject(tenant.application, tenant.pipeline, "pages");
  await jetstream(connection.nc).publish(subject, resultMessage(frame));
}

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

interface Message {
  readonly cursor: string;
  readonly rows?: readonly unknown[];
  readonly withheld?: number;
  readonly reason?: string;
}

/** The next `count` messages; whatever ends the subscription earlier comes as the last one. */
async function messages(token: string, variables: Record<string, unknown>, count: number): Promise<unknown[]> {
  const client = connect(token);
  const seen: unknown[] = [];
  try {
    for await (const { data, errors } of client.iterate({ query: QUERY, variables })) {
      seen.push(errors ?? data?.["results"]);
      if (seen.length >= count) break;
    }
  } catch (error) {
    seen.push(error);
  } finally {
    await client.dispose();
  }
  return seen;
}

const refusal = async (token: string, variables: Record<string, unknown>): Promise<string | undefined> =>
  /"code":"(\w+)"/.exec(JSON.stringify(await messages(token, variables, 1)))?.[1];

const analyst = (of = "one") => api.issuer.token({ tenant: of, roles: ["analyst"] });

test("rows come in order from the beginning, and from a cursor on those after it", async () => {
  await publish("r1");
  await publish("r2", "r3");
  await publish("r4");
  const seen = (await messages(await analyst(), { o: output(), a: "0" }, 3)) as Message[];
  expect(seen).toMatchObject([
    { rows: [{ id: "r1", "page.path": "/r1" }], withheld: 0 },
    { rows: [{ id: "r2" }, { id: "r3" }], withheld: 0 },
    { rows: [{ id: "r4" }], withheld: 0 },
  ]);
  const again = await messages(await analyst(), { o: output(), a: seen[0]?.cursor }, 2);
  expect(again).toEqual(seen.slice(1));
});

test("a machine token with the scope may subscribe, and one without may not", async () => {
  expect(await messages(tenant.secret, { o: output(), a: "0" }, 1)).toMatchObject([{ rows: [{ id: "r1" }] }]);
  const { secret } = await machineToken(["application.read"]);
  expect(await refusal(secret, { o: output() })).toBe("FORBIDDEN");
});

test("a row whose subject withdrew is left out and counted", async () => {
  const state = { purposes: [], policyVersion: 1, givenAt: Date.now(), receipt: "r" };
  await connection.consent.put(consentKey(tenant.application, "of-r2"), JSON.stringify(state));
  const [, second] = await messages(await analyst(), { o: output(), a: "0" }, 2);
  expect(second).toMatchObject({ rows: [{ id: "r3" }], withheld: 1 });
});

// defect: a cursor was a bare number, so that one of another output passed and skipped results without a word
test("a cursor of another output or tenant is refused", async () => {
  const [first] = (await messages(await analyst(), { o: output(), a: "0" }, 1)) as Message[];
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const other = await api.ask(
    developer,
    `mutation ($a: ID!, $d: PipelineDefinitionInput!) { createPipeline(application: $a, name: "other", definition: $d) { id } }`,
    { a: tenant.application, d: DEFINITION },
  );
  const pipeline = other.get<{ id: string }>("createPipeline").id;
  const officer = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
  await api.ask(officer, `mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }`, { p: pipeline });
  await api.ask(developer, `mutation ($p: ID!) { publishPipeline(pipeline: $p) { id } }`, { p: pipeline });
  expect(await refusal(await analyst(), { o: { ...output(), pipeline }, a: first?.cursor })).toBe("INVALID_CURSOR");

  const two = await makeTenant(api, "two");
  const own = { application: two.application, pipeline: two.pipeline, output: "pages" };
  expect(await refusal(await analyst("two"), { o: own, a: first?.cursor })).toBe("INVALID_CURSOR");
});

test("another tenant is told that there is no such application", async () => {
  expect(await refusal(await analyst("two"), { o: output() })).toBe("NOT_FOUND");
});

test.each([
  ["without the role", ["privacy-officer"] as const, {}, "FORBIDDEN"],
  ["to an output that is not there", ["analyst"] as const, { o: { output: "none" } }, "NOT_FOUND"],
  ["from a cursor that is none", ["analyst"] as const, { a: "x" }, "INVALID_CURSOR"],
  ["from a bare number", ["analyst"] as const, { a: "7" }, "INVALID_CURSOR"],
])("subscribing %s is refused", async (_, roles, change: { o?: object; a?: string }, code) => {
  const token = await api.issuer.token({ tenant: "one", roles });
  const variables = { o: { ...output(), ...change.o }, ...(change.a === undefined ? {} : { a: change.a }) };
  expect(await refusal(token, variables)).toBe(code);
});

test("a cursor older than what is held gets a gap, from whose end it goes on", async () => {
  const [first] = (await messages(await analyst(), { o: output(), a: "0" }, 1)) as Message[];
  await connection.jsm.streams.purge("RESULTS");
  const [gap] = await messages(await analyst(), { o: output(), a: first?.cursor }, 1);
  // the hub does not count what it has let go of
  expect(gap).toMatchObject({ from: first?.cursor, reason: "expired", missed: null });
  const { until } = gap as { readonly until: string };
  await publish("r5");
  expect(await messages(await analyst(), { o: output(), a: until }, 1)).toMatchObject([{ rows: [{ id: "r5" }] }]);
});

async function machineToken(scopes: readonly string[], livesMs = 600_000): Promise<{ id: string; secret: string }> {
  const answer = await api.ask(
    await api.issuer.token({ tenant: "one", roles: ["developer"] }),
    `mutation ($s: [String!]!, $e: DateTime!) { createMachineToken(name: "x", scopes: $s, expiresAt: $e) {
      machineToken { id } secret } }`,
    { s: scopes, e: new Date(Date.now() + livesMs) },
  );
  const { machineToken: made, secret } = answer.get<{ machineToken: { id: string }; secret: string }>(
    "createMachineToken",
  );
  return { id: made.id, secret };
}

/** Subscribes, waits for a first row, then for the code that the socket is closed with. */
async function closing(token: string, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<number> {
  let client: Client | undefined;
  const closed = new Promise<number>((resolve) => (client = connect(token, resolve)));
  const results = client?.iterate({ query: QUERY, variables: { o: output(), a: "0" } });
  const first = await results?.next();
  expect(JSON.stringify(first?.value)).toContain("results");
  const rest = (async () => {
    try {
      while ((await results?.next())?.done === false);
    } catch {
      // the socket is closed under it
    }
  })();
  await meanwhile();
  const code = await closed;
  await rest;
  return code;
}

test("a socket without a valid token is closed", async () => {
  expect(await new Promise<number>((done) => connect("nonsense", done))).toBe(4403);
});

test("revoking a machine token closes what runs under it, and nothing else", async () => {
  const [gone, stays] = [await machineToken(["result.subscribe"]), await machineToken(["result.subscribe"])];
  const other = connect(stays.secret);
  const going = other.iterate({ query: QUERY, variables: { o: output(), a: "0" } });
  await going.next();
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const revoke = () =>
    api.ask(developer, `mutation ($t: ID!) { revokeMachineToken(token: $t) { revokedAt } }`, { t: gone.id });
  expect(await closing(gone.secret, revoke)).toBe(4403);
  await publish("r6");
  for (;;) {
    const { value, done } = await going.next();
    expect(done).toBe(false);
    if (JSON.stringify(value).includes('"r6"')) break;
  }
  await other.dispose();
});

test("a machine token and a person's that expire close what runs under them", async () => {
  expect(await closing((await machineToken(["result.subscribe"], 1_000)).secret)).toBe(4403);
  expect(await closing(await api.issuer.token({ tenant: "one", roles: ["analyst"], expiresIn: 2 }))).toBe(4403);
});
