import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ask, graphql, subscribe, type OutputRef, type ResultMessage } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { mintToken } from "../../testkit/mint-token.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";

/**
 * The attacks on the API, against the platform as it runs. It runs in development mode: what production alone refuses
 * (introspection, suggestions) is attacked beside the code, in `control-plane/api/attacks`, and foreign ids in every resolver
 * in `scenarios/tenants`.
 */

let platform: Platform;
let owner: string;
const mark = randomBytes(6).toString("hex");

beforeAll(async () => {
  platform = await sharedPlatform();
  owner = mintToken(platform, { tenant: "demo", roles: ["owner", "developer"], person: `owner ${mark}` });
});

const codesOf = async (token: string, query: string, variables: object = {}): Promise<readonly string[]> => [
  ...new Set(
    ((await graphql(platform.endpoints, token, query, variables)).errors ?? []).map(
      ({ extensions }) => extensions?.code ?? "no code",
    ),
  ),
];

async function post(
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> {
  const response = await fetch(platform.endpoints.graphql, {
    method: "POST",
    headers: { authorization: `Bearer ${owner}`, ...headers },
    body,
  });
  return { status: response.status, text: await response.text() };
}

/** What the socket says to these messages, up to its end. */
function socketSays(messages: readonly object[], origin?: string): Promise<readonly string[]> {
  const socket = new WebSocket(
    platform.endpoints.subscriptions,
    "graphql-transport-ws",
    origin === undefined ? {} : { origin },
  );
  const said: string[] = [];
  return new Promise((done) => {
    socket.on("open", () => {
      for (const message of messages) socket.send(JSON.stringify(message));
    });
    socket.on("message", (data: Buffer) => said.push(data.toString("utf8")));
    socket.on("unexpected-response", (_request, { statusCode }) => {
      done([`refused ${statusCode}`]);
      socket.terminate();
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => done([...said, `closed ${code}`]));
  });
}

test("depth bomb", async () => {
  const bomb = `{ stepSpecs ${"{ options ".repeat(500)} { name } ${"}".repeat(500)} }`;
  expect(await codesOf(owner, bomb)).toEqual(["QUERY_TOO_DEEP"]);
});

test("alias batching", async () => {
  const aliases = Array.from({ length: 300 }, (_, i) => `a${i}: me { id }`).join(" ");
  expect(await codesOf(owner, `{ ${aliases} }`)).toEqual(["QUERY_TOO_MANY_ALIASES"]);
});

test("array batching", async () => {
  const batch = Array.from({ length: 100 }, () => ({ query: "{ me { id } }" }));
  const { status, text } = await post(JSON.stringify(batch), { "content-type": "application/json" });
  expect([status, text]).toEqual([400, expect.stringContaining('"code":"BATCH_REFUSED"')]);
});

test("fragment cycle, and fragments that double one another", async () => {
  expect(await codesOf(owner, "{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A }")).toEqual([
    "QUERY_INVALID",
  ]);
  const doubling = Array.from({ length: 80 }, (_, i) => `fragment F${i} on Me { ...F${i + 1} ...F${i + 1} }`).join(" ");
  expect(await codesOf(owner, `{ me { ...F0 } } ${doubling} fragment F80 on Me { id }`)).toEqual([
    "QUERY_TOO_MANY_FIELDS",
  ]);
});

test("first: 99999999", async () => {
  const lists = ["applications", "destinations", "machineTokens", "auditLog", "members"];
  for (const list of lists) {
    expect([list, await codesOf(owner, `{ ${list}(first: 99999999) { edges { node { id } } } }`)]).toEqual([
      list,
      ["QUERY_TOO_COSTLY"],
    ]);
    expect([list, await codesOf(owner, `{ ${list}(first: 99999999) { __typename } }`)]).toEqual([
      list,
      ["INVALID_INPUT"],
    ]);
  }
});

test("text/plain CSRF mutation", async () => {
  const slug = `csrf-${mark}`;
  const query = `mutation { createApplication(name: "x", slug: "${slug}") { id } }`;
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const { status, text } = await post(JSON.stringify({ query }), { "content-type": type });
    expect([type, status, text]).toEqual([type, 400, expect.stringContaining('"code":"QUERY_INVALID"')]);
  }
  const address = `${platform.endpoints.graphql}?query=${encodeURIComponent(query)}`;
  const got = await fetch(address, { headers: { authorization: `Bearer ${owner}`, "apollo-require-preflight": "1" } });
  expect(got.status).toBe(405);
  const all = await graphql(platform.endpoints, owner, "{ applications(first: 200) { edges { node { slug } } } }");
  expect(JSON.stringify(all)).not.toContain(slug);
});

test("mass-assigned tenant or purpose", async () => {
  const { application } = platform.endpoints.demo;
  expect(await codesOf(owner, `mutation { createApplication(name: "x", slug: "x", tenant: "other") { id } }`)).toEqual([
    "QUERY_INVALID",
  ]);
  const create = `mutation ($a: ID!, $d: PipelineDefinitionInput!) {
    createPipeline(application: $a, name: "mass ${mark}", definition: $d) { id } }`;
  const emit = { output: "x" };
  // the one that the others differ from
  const good = { purposes: ["analytics"], steps: [{ emit }] };
  expect(await codesOf(owner, create, { a: application, d: good })).toEqual([]);
  for (const definition of [
    { purposes: ["analytics"], steps: [{ emit }], tenant: "other" },
    { purposes: ["analytics"], steps: [{ emit: { ...emit, purposes: ["marketing"] } }] },
    { purposes: ["analytics"], steps: [{ emit }], lane: "marketing", approved: true },
  ]) {
    expect(await codesOf(owner, create, { a: application, d: definition })).toEqual(["QUERY_INVALID"]);
  }
});

describe("sockets", () => {
  const init = () => ({ type: "connection_init", payload: { authorization: `Bearer ${owner}` } });
  const me = { id: "1", type: "subscribe", payload: { query: "{ me { id } }" } };

  test("subscribe before init", async () => {
    expect(await socketSays([me, init()])).toEqual(["closed 4401"]);
  });

  test("double init", async () => {
    const said = await socketSays([init(), init(), me]);
    expect(said.at(-1)).toBe("closed 4429");
    expect(said.join("")).not.toContain('"data"');
  });

  test("no init", async () => {
    expect(await socketSays([])).toEqual(["closed 4408"]);
  });

  test("wrong Origin", async () => {
    for (const origin of ["https://evil.example", "null", "http://localhost.evil.example"]) {
      expect(await socketSays([init()], origin)).toEqual(["refused 401"]);
      const answer = await fetch(platform.endpoints.graphql, { method: "OPTIONS", headers: { origin } });
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("JWT", () => {
  const good = { tenant: "demo", roles: ["owner"], person: `mallory ${mark}` };

  test("the one that the others differ from", async () => {
    expect(await codesOf(mintToken(platform, good), "{ me { id } }")).toEqual([]);
  });

  test.each([
    ["alg=none", { header: { alg: "none" } }],
    ["another alg", { header: { alg: "HS256" } }],
    ["wrong audience", { claims: { aud: "account" } }],
    ["no audience", { claims: { aud: undefined } }],
    ["wrong realm", { claims: { iss: "http://127.0.0.1/realms/other" } }],
    ["expired", { claims: { exp: 1 } }],
    ["an ID token", { claims: { typ: "ID" } }],
  ])("%s", async (name, changes) => {
    const minted = mintToken(platform, good, changes);
    const unsigned = `${minted.split(".").slice(0, 2).join(".")}.`;
    for (const token of name === "alg=none" ? [unsigned, minted] : [minted]) {
      expect(await codesOf(token, "{ me { id } }")).toEqual(["UNAUTHENTICATED"]);
    }
  });

  test("wrong organization", async () => {
    for (const tenant of ["nowhere", "", "demo,other"]) {
      expect(await codesOf(mintToken(platform, { ...good, tenant }), "{ me { id } }")).toEqual(["TENANT_UNKNOWN"]);
    }
  });
});

describe("a live subscription", () => {
  let source: OwnSource;
  let output: OutputRef;

  beforeAll(async () => {
    const { application, pipelines } = platform.endpoints.demo;
    output = { application, pipeline: pipelines["live"] ?? "", output: "events" };
    source = await ownSource(platform.endpoints, `attacks ${mark}`, ["analytics"]);
  });

  const send = () =>
    postEvents(
      platform.endpoints,
      source.id,
      source.writeKey,
      JSON.stringify(logHit(`attack-${randomBytes(6).toString("hex")}`)),
    );

  test("is closed within seconds when its person is disabled, and gets no row after that", async () => {
    const person = `leaver ${mark}`;
    const token = mintToken(platform, { tenant: "demo", roles: ["analyst"], person });
    const messages: ResultMessage[] = [];
    let closed: number | undefined;
    const stop = subscribe(
      platform.endpoints,
      token,
      output,
      (message) => messages.push(message),
      () => undefined,
      { onClosed: (code) => (closed = code) },
    );
    await eventually(
      async () => {
        await send();
        return messages.length > 0;
      },
      true,
      20_000,
      0,
    );
    const { members } = await ask<{ members: { edges: readonly { node: { id: string; subject: string } }[] } }>(
      platform.endpoints,
      owner,
      "{ members(first: 200) { edges { node { id subject } } } }",
    );
    const id = members.edges.find(({ node }) => node.subject === person)?.node.id;
    await ask(platform.endpoints, owner, "mutation ($m: ID!) { disableMember(member: $m) { id } }", { m: id });
    await eventually(() => closed, 4403, 10_000, 0);
    const before = messages.length;
    await send();
    expect(await codesOf(token, "{ me { id } }")).toEqual(["MEMBER_DISABLED"]);
    expect(messages.length).toBe(before);
    await stop();
  });
});
