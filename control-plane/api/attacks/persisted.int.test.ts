import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { readManifest } from "@o2mc/schema/graphql/persisted-operations.ts";
import { startApi, type TestApi } from "../../test/api.ts";

/** One where only the manifest runs, and one where other texts do too. */
let closed: TestApi;
let open: TestApi;

type Place = "open" | "closed";

interface Asked {
  readonly query?: unknown;
  readonly variables?: object;
  readonly extensions?: unknown;
}

const OWN = "{ me { id } }";
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const known = (name: string): string => readManifest().find((each) => each.name === name)?.body ?? "";
const byHash = (sha256Hash: unknown): { extensions: object } => ({
  extensions: { persistedQuery: { version: 1, sha256Hash } },
});

beforeAll(async () => {
  [closed, open] = await Promise.all([startApi({ exposure: { persistedOnly: true } }), startApi()]);
  for (const api of [closed, open]) {
    const operator = await api.issuer.token({ tenant: "platform", roles: ["operator"] });
    const asked = { ...byHash(hashOf(known("CreateTenant"))), variables: { id: "one", name: "One" } };
    expect(await post(api, operator, asked)).toContain('{"data":{"createTenant":{"id":"one"}}}');
  }
});

afterAll(async () => {
  await closed?.stop();
  await open?.stop();
});

const token = (api: TestApi): Promise<string> => api.issuer.token({ tenant: "one", roles: ["developer"] });

async function post(api: TestApi, bearer: string, asked: object): Promise<string> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${bearer}` };
  return (await fetch(`${api.url}/graphql`, { method: "POST", headers, body: JSON.stringify(asked) })).text();
}

async function inAddress(api: TestApi, { query, extensions }: Asked): Promise<string> {
  const parameters = new URLSearchParams();
  if (typeof query === "string") parameters.append("query", query);
  if (extensions !== undefined) parameters.append("extensions", JSON.stringify(extensions));
  const headers = { "apollo-require-preflight": "yes", authorization: `Bearer ${await token(api)}` };
  return (await fetch(`${api.url}/graphql?${parameters.toString()}`, { headers })).text();
}

/** The server's first word on it. */
async function overSocket(api: TestApi, asked: Asked): Promise<string> {
  const payload = { authorization: `Bearer ${await token(api)}` };
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  return new Promise((resolve, fail) => {
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.on("open", () => send({ type: "connection_init", payload }));
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text.includes('"connection_ack"')) {
        send({ id: "1", type: "subscribe", payload: { query: "", ...asked } });
        return;
      }
      resolve(text);
      socket.close();
    });
    socket.on("close", (code) => resolve(`closed ${code}`));
    socket.on("error", fail);
  });
}

describe.each([
  ["HTTP", async (api: TestApi, asked: Asked) => post(api, await token(api), asked)],
  ["an address", inAddress],
  ["WebSocket", overSocket],
])("over %s", (_, send) => {
  const ask = async (place: Place, asked: Asked): Promise<string> => {
    const text = await send(place === "open" ? open : closed, asked);
    return /"code":"(\w+)"/.exec(text)?.[1] ?? /"data":\{"\w+"/.exec(text)?.[0] ?? text;
  };

  test("an operation of the manifest runs by its hash, by its text, and by both", async () => {
    const body = known("FindApplications");
    for (const asked of [{ query: body }, byHash(hashOf(body)), { query: body, ...byHash(hashOf(body)) }]) {
      expect([await ask("closed", asked), await ask("open", asked)]).toEqual(['"data":{"list"', '"data":{"list"']);
    }
  });

  test("a text of one's own", async () => {
    expect(await ask("open", { query: OWN })).toBe('"data":{"me"');
    for (const query of [OWN, `${known("FindApplications")} `, `${known("FindApplications")}\n${OWN}`]) {
      expect(await ask("closed", { query })).toBe("PERSISTED_OPERATION_REQUIRED");
    }
  });

  test("nothing that is sent is registered: a text beside its right hash, which nobody has, and then the hash alone", async () => {
    for (const place of ["open", "closed"] as const) {
      expect(await ask(place, { query: OWN, ...byHash(hashOf(OWN)) })).toBe("PERSISTED_OPERATION_NOT_FOUND");
      expect(await ask(place, byHash(hashOf(OWN)))).toBe("PERSISTED_OPERATION_NOT_FOUND");
    }
  });

  test("a text beside the hash of another operation", async () => {
    const hash = byHash(hashOf(known("FindApplications")));
    for (const place of ["open", "closed"] as const) {
      expect(await ask(place, { query: OWN, ...hash })).toBe("QUERY_INVALID");
      expect(await ask(place, { query: known("FindDestinations"), ...hash })).toBe("QUERY_INVALID");
    }
  });

  test("a hash that is none", async () => {
    const right = hashOf(known("FindApplications"));
    for (const hash of [right.toUpperCase(), right.slice(1), "", 7, null, [right], { toString: right }, "__proto__"]) {
      expect(await ask("closed", { query: OWN, ...byHash(hash) })).toBe("PERSISTED_OPERATION_NOT_FOUND");
      expect(await ask("open", byHash(hash))).toBe("PERSISTED_OPERATION_NOT_FOUND");
    }
  });
});

test("a subscription that is not in the manifest is not opened", async () => {
  const query = `subscription ($o: OutputRef!) { results(output: $o) { __typename } }`;
  const variables = { o: { application: "app_x", pipeline: "pl_x", output: "x" } };
  expect(await overSocket(closed, { query, variables })).toContain("PERSISTED_OPERATION_REQUIRED");
  const output = variables.o;
  const answer = await overSocket(closed, { ...byHash(hashOf(known("LiveResults"))), variables: { output } });
  expect(answer).toContain("NOT_FOUND");
  expect(answer).not.toContain("PERSISTED");
});

test("one parameter twice in an address: what is judged is what runs", async () => {
  const headers = { "apollo-require-preflight": "yes", authorization: `Bearer ${await token(closed)}` };
  const parts = [`query=${encodeURIComponent(OWN)}`, `query=${encodeURIComponent(known("FindApplications"))}`];
  for (const pair of [parts, parts.toReversed()]) {
    const text = await (await fetch(`${closed.url}/graphql?${pair.join("&")}`, { headers })).text();
    expect(text).not.toContain('"me"');
  }
});

test("a text in a list, and a list of requests", async () => {
  expect(await post(closed, await token(closed), { query: [known("FindApplications")] })).toContain(
    "PERSISTED_OPERATION_REQUIRED",
  );
  expect(await post(closed, await token(closed), [byHash(hashOf(known("FindApplications")))])).toContain(
    "BATCH_REFUSED",
  );
});
