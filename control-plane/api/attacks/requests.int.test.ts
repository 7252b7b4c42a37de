import { getIntrospectionQuery } from "graphql/index.js";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";
import { LIMITS } from "../limits/limits.ts";

/** Each attack over HTTP and over the WebSocket, which has its own way to execution. */

let api: TestApi;
let tenant: Fixture;
let token: string;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
  token = await api.issuer.token({ tenant: "one", roles: ["owner", "developer"] });
});

afterAll(() => api?.stop());

const overHttp = async (query: string, variables: object = {}): Promise<readonly string[]> =>
  (await api.ask(token, query, variables)).codes;

async function overSocket(query: string, variables: object = {}): Promise<readonly string[]> {
  const messages = [{ type: "connection_init", payload: { authorization: `Bearer ${token}` } }];
  const said = await socketAnswer(messages, { id: "1", type: "subscribe", payload: { query, variables } });
  return [...said.matchAll(/"code":"(\w+)"/g)].map(([, code = ""]) => code);
}

/** The server's first word on an operation that is sent once the socket is open for it. */
async function socketAnswer(before: readonly object[], operation: object): Promise<string> {
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  return new Promise((resolve, fail) => {
    socket.on("open", () => {
      for (const message of before) socket.send(JSON.stringify(message));
    });
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text.includes('"connection_ack"')) socket.send(JSON.stringify(operation));
      else {
        resolve(text);
        socket.close();
      }
    });
    socket.on("close", (code) => resolve(`closed ${code}`));
    socket.on("error", fail);
  });
}

describe.each([
  ["HTTP", overHttp],
  ["WebSocket", overSocket],
])("over %s", (_, codesOf) => {
  test("depth bomb", async () => {
    const bomb = (depth: number): string => `{ stepSpecs ${"{ options ".repeat(depth)} { name } ${"}".repeat(depth)} }`;
    expect(await codesOf(bomb(200))).toEqual(["QUERY_TOO_DEEP"]);
    expect(await codesOf(bomb(LIMITS.depth))).toEqual(["QUERY_TOO_DEEP"]);
  });

  test("depth bomb hidden in fragments", async () => {
    const parts = Array.from(
      { length: 40 },
      (_unused, i) => `fragment F${i} on OptionSpec { options { ...F${i + 1} } }`,
    );
    const query = `{ stepSpecs { options { ...F0 } } } ${parts.join(" ")} fragment F40 on OptionSpec { name }`;
    expect(await codesOf(query)).toEqual(["QUERY_TOO_DEEP"]);
  });

  test("fragments that double one another", async () => {
    const parts = Array.from({ length: 60 }, (_unused, i) => `fragment F${i} on Me { ...F${i + 1} ...F${i + 1} }`);
    const query = `{ me { ...F0 } } ${parts.join(" ")} fragment F60 on Me { id }`;
    expect(await codesOf(query)).toEqual(["QUERY_TOO_MANY_FIELDS"]);
  });

  test("fragment cycle", async () => {
    const query = "{ me { ...A } } fragment A on Me { id ...B } fragment B on Me { ...A }";
    expect(new Set(await codesOf(query))).toEqual(new Set(["QUERY_INVALID"]));
  });

  test("alias batching", async () => {
    const aliased = (count: number): string =>
      `{ ${Array.from({ length: count }, (_unused, i) => `a${i}: me { id }`).join(" ")} }`;
    expect(await codesOf(aliased(LIMITS.aliases + 1))).toEqual(["QUERY_TOO_MANY_ALIASES"]);
    expect(await codesOf(aliased(LIMITS.aliases))).toEqual([]);
  });

  test("thousands of fields of one name, which validation compares pair by pair", async () => {
    expect(await codesOf(`{ me { ${"id ".repeat(3_000)} } }`)).toEqual(["QUERY_TOO_MANY_FIELDS"]);
  });

  test("a text of more words than are read", async () => {
    expect(await codesOf(`{ ${"me ".repeat(LIMITS.tokens)} }`)).toEqual(["QUERY_INVALID"]);
  });

  test("first: 99999999", async () => {
    const list = "applications(first: 99999999) { edges { node { id } } }";
    expect(await codesOf(`{ ${list} }`)).toEqual(["QUERY_TOO_COSTLY"]);
    expect(
      await codesOf("query ($n: Int) { applications(first: $n) { edges { node { id } } } }", { n: 99_999_999 }),
    ).toEqual(["QUERY_TOO_COSTLY"]);
    // nothing below it to count: the list's own rule
    expect(await codesOf("{ applications(first: 99999999) { __typename } }")).toEqual(["INVALID_INPUT"]);
    expect(await codesOf(`{ deadLetters(application: "${tenant.application}", first: 99999999) { code } }`)).toEqual([
      "QUERY_TOO_COSTLY",
    ]);
    expect(await codesOf("{ applications(first: 201) { edges { cursor } } }")).toEqual(["INVALID_INPUT"]);
  });

  test("lists in lists", async () => {
    const lists = Array.from(
      { length: 25 },
      (_unused, i) => `a${i}: pipelines(application: "x", first: 200) {
      edges { node { id deliveries { id } } } }`,
    );
    expect(await codesOf(`{ ${lists.join(" ")} }`)).toEqual(["QUERY_TOO_COSTLY"]);
  });

  test("introspection in production", async () => {
    for (const query of ["{ __schema { types { name } } }", `{ __type(name: "Query") { name } }`]) {
      expect(new Set(await codesOf(query))).toEqual(new Set(["QUERY_INVALID"]));
    }
    expect(await codesOf("{ __typename }")).toEqual([]);
  });

  test("mass-assigned tenant or purpose", async () => {
    const created = `mutation { createApplication(name: "x", slug: "mass", tenant: "two") { id } }`;
    expect(await codesOf(created)).toEqual(["QUERY_INVALID"]);
    const draft = `mutation ($a: ID!, $d: PipelineDefinitionInput!) {
      savePipelineDraft(application: $a, name: "mass", definition: $d) { id } }`;
    const save = async (definition: object): Promise<readonly string[]> => [
      ...new Set(await codesOf(draft, { a: tenant.application, d: definition })),
    ];
    const emit = { output: "x" };
    // the one that the others differ from
    expect(await save({ purposes: ["analytics"], steps: [{ emit }] })).toEqual([]);
    expect(await save({ purposes: ["analytics"], steps: [{ emit }], tenant: "two" })).toEqual(["QUERY_INVALID"]);
    const laundering = [{ emit: { ...emit, purposes: ["marketing"] } }];
    expect(await save({ purposes: ["analytics"], steps: laundering })).toEqual(["QUERY_INVALID"]);
  });
});

test("suggestions in production", async () => {
  for (const [query, variables] of [
    ["{ applicatons { edges { cursor } } }", {}],
    ["{ me { idd } }", {}],
    [`mutation { createApplication(nam: "x", slug: "x") { id } }`, {}],
    [
      `mutation ($d: PipelineDefinitionInput!) { createPipeline(application: "x", name: "x", definition: $d) { id } }`,
      { d: { purpose: ["x"], purposes: [], steps: [] } },
    ],
    [
      `mutation ($k: SourceKind!) { createSource(application: "x", name: "x", kind: $k, consentMode: OWNER) { keyId } }`,
      { k: "RES" },
    ],
  ] as const) {
    const { text, codes } = await api.ask(token, query, variables);
    expect(new Set(codes)).toEqual(new Set(["QUERY_INVALID"]));
    expect(text).not.toMatch(/did you mean/i);
  }
});

test("development tells the schema and suggests, over both", async () => {
  const open = await startApi({ exposure: { development: true } });
  const { text } = await open.ask(token, "{ applicatons { edges { cursor } } }");
  expect(text).toMatch(/Did you mean/);
  expect((await open.ask(null, getIntrospectionQuery())).codes).toEqual([]);
  await open.stop();
});

const MUTATION = `mutation { createApplication(name: "ridden", slug: "ridden") { id } }`;

async function post(
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${api.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, ...headers },
    body,
  });
  return { status: response.status, text: await response.text() };
}

test("array batching", async () => {
  const batch = JSON.stringify([{ query: "{ me { id } }" }, { query: "{ me { id } }" }]);
  const { status, text } = await post(batch, { "content-type": "application/json" });
  expect(status).toBe(400);
  expect(text).toContain('"code":"BATCH_REFUSED"');
  expect(text).not.toContain('"data"');
});

test.each([["text/plain"], ["application/x-www-form-urlencoded"], ["multipart/form-data; boundary=x"], [""]])(
  "CSRF: a mutation as %s, which a browser sends without asking",
  async (type) => {
    const { status, text } = await post(JSON.stringify({ query: MUTATION }), { "content-type": type });
    expect(status).toBe(400);
    expect(text).toContain('"code":"QUERY_INVALID"');
    expect((await api.ask(token, `{ applications(first: 200) { edges { node { slug } } } }`)).text).not.toContain(
      "ridden",
    );
  },
);

test("CSRF: a mutation in an address", async () => {
  const address = `${api.url}/graphql?query=${encodeURIComponent(MUTATION)}`;
  const plain = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
  const preflighted = await fetch(address, {
    headers: { authorization: `Bearer ${token}`, "apollo-require-preflight": "x" },
  });
  expect([plain.status, preflighted.status]).toEqual([400, 405]);
});

test("the limits hold for queries in an address", async () => {
  const query = `{ ${Array.from({ length: 40 }, (_unused, i) => `a${i}: me { id }`).join(" ")} }`;
  const response = await fetch(`${api.url}/graphql?query=${encodeURIComponent(query)}`, {
    headers: { authorization: `Bearer ${token}`, "apollo-require-preflight": "x" },
  });
  expect(await response.text()).toContain('"code":"QUERY_TOO_MANY_ALIASES"');
});

test("the limits hold for a query that stands behind more parameters than most parsers read", async () => {
  const query = `{ ${Array.from({ length: 40 }, (_unused, i) => `a${i}:me{id}`).join(" ")} }`;
  const address = `${api.url}/graphql?${"x&".repeat(1_500)}query=${encodeURIComponent(query)}`;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${token}`, "apollo-require-preflight": "x" },
  });
  expect(await response.text()).toContain('"code":"QUERY_TOO_MANY_ALIASES"');
});

describe("errors tell nothing of the inside", () => {
  const INSIDE = /node_modules|\.ts\b|\bat \w|select |insert |postgres(?!")|stack|SyntaxError|relation/i;

  test("a body that is no JSON", async () => {
    const { status, text } = await post(`{"query": `, { "content-type": "application/json" });
    expect([status, text]).toEqual([400, expect.stringContaining('"code":"QUERY_INVALID"')]);
    expect(text).not.toMatch(INSIDE);
  });

  test("a body that is too long, and one in an unknown encoding", async () => {
    const long = await post(JSON.stringify({ query: "x".repeat(2_000_000) }), { "content-type": "application/json" });
    expect([long.status, long.text]).toEqual([413, expect.stringContaining('"code":"QUERY_TOO_LONG"')]);
    const coded = await post("x", { "content-type": "application/json", "content-encoding": "nonsense" });
    expect(coded.status).toBe(415);
    for (const { text } of [long, coded]) expect(text).not.toMatch(INSIDE);
  });

  test("a table that is not there", async () => {
    const own = await startApi();
    await makeTenant(own, "one");
    const client = new Client(own.database.ownerUrl);
    await client.connect();
    await client.query("alter table machine_tokens rename to elsewhere");
    await client.end();
    const asker = await own.issuer.token({ tenant: "one", roles: ["owner"] });
    const { codes, text } = await own.ask(asker, "{ machineTokens { edges { node { id } } } }");
    expect(codes).toEqual(["INTERNAL"]);
    expect(text).not.toMatch(INSIDE);
    expect(text).not.toContain("machine_tokens");
    await own.stop();
  });
});
