import { once } from "node:events";
import { request, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { createLogger } from "@o2mc/runtime/log.ts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Counters } from "./counters.ts";
import { Registry } from "./registry.ts";
import { createEdgeServer } from "./server.ts";
import { KEY, ORIGIN, testDeployment } from "./testkit/deployment.ts";
import { TestHub, type StoredFrame } from "../config/testkit/hub.ts";

const BODY_LIMIT = 1024 * 1024;
const log = createLogger("edge-test", "fatal");
const counters = new Counters();

let hub: TestHub;
let registry: Registry;
let server: Server;
let base: string;
let settled = true;
let revision = 1;

beforeAll(async () => {
  hub = await TestHub.start(process.env["O2MC_NATS_SERVER"]);
  registry = new Registry(counters, log);
  const tenant = { id: "t1", nats: hub.nats };
  registry.addTenant(tenant);
  registry.deploy(tenant, testDeployment(revision));
  deploy = (granted = true, eventsPerSecond?: number) =>
    registry.deploy(tenant, {
      ...testDeployment(++revision, granted),
      ...(eventsPerSecond === undefined ? {} : { limits: { eventsPerSecond } }),
    });
  server = createEdgeServer({
    registry,
    counters,
    log,
    settled: () => settled,
    snippet: "void 0;",
    publicUrl: () => base,
    bodyLimit: BODY_LIMIT,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await eventually(async () => (await post("log", hit("warm-up"))).status === 202);
});

afterAll(async () => {
  server?.close();
  server?.closeAllConnections();
  await registry?.close();
  await hub?.stop();
});

beforeEach(() => hub.clear());

let deploy: (granted?: boolean, eventsPerSecond?: number) => void;

type Body = string | Uint8Array<ArrayBuffer>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, body?: Body, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(base + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? {} : (JSON.parse(text) as Answer["body"]),
  };
}

const JSON_TYPE = { "content-type": "application/json", authorization: `Bearer ${KEY}` };

const post = (source: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  call(
    "POST",
    `/v1/sources/${source}/events`,
    typeof body === "string" || body instanceof Uint8Array ? (body as Body) : JSON.stringify(body),
    { ...JSON_TYPE, ...headers },
  );

const putConsent = (subject: string, purposes: string[], policyVersion = 2): Promise<Answer> =>
  call(
    "PUT",
    `/v1/sources/web/consent/${encodeURIComponent(subject)}`,
    JSON.stringify({ purposes, policyVersion }),
    JSON_TYPE,
  );

const hit = (id: string, subject = "192.0.2.7", more: object = {}): Record<string, unknown> => ({
  id,
  type: "http.request",
  time: "2015-05-17T10:05:03+00:00",
  subject,
  data: { page: { path: "/a", title: "A" }, price: 3, undeclared: "x", card: { number: "4111" } },
  ...more,
});

const view = (id: string, subject: string, purposes: string[], more: object = {}): Record<string, unknown> =>
  hit(id, subject, {
    time: new Date().toISOString(),
    consent: { purposes, policyVersion: 2, givenAt: new Date().toISOString() },
    ...more,
  });

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error("it never came true");
}

const idsOf = (columns: StoredFrame["columns"]): string[] => (columns["$id"] ?? []).map(String);

const ids = async (): Promise<string[]> => (await hub.frames()).flatMap(({ columns }) => idsOf(columns)).toSorted();

test("an owner's source: the event is in the hub when the answer is there, with the lane's fields only", async () => {
  const answer = await post("log", hit("one"));
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1, denied: [], rejected: [] } });
  const frames = await hub.frames();
  expect(frames).toHaveLength(1);
  expect(frames[0]?.subject).toMatch(/^ev\.app\.analytics\.[0-3]$/);
  expect(frames[0]).toEqual({
    subject: expect.any(String),
    attributes: { revision, policy: 2, at: expect.any(Number) },
    n: 1,
    columns: {
      $id: ["one"],
      $type: ["http.request"],
      $time: [Date.UTC(2015, 4, 17, 10, 5, 3)],
      $source: ["log"],
      "#key": [expect.stringMatching(/^[\w-]{22}$/)],
      "page.path": ["/a"],
      "page.title": ["A"],
      $subject: ["192.0.2.7"],
      $ip: ["127.0.0.1"],
      count: [null],
      seen: [null],
      constructor: [null],
      "card.number": [null],
    },
  });
  expect(JSON.stringify(frames)).not.toMatch(/4111|undeclared|price/);
});

test("a subject's consent opens the lanes whose purposes are all granted; what nobody may use is counted and not stored", async () => {
  const answer = await post("rest", [
    view("both", "s1", ["analytics", "marketing"]),
    view("analytics", "s2", ["analytics"]),
    view("marketing", "s3", ["marketing"]),
    hit("silent", "s4", { time: new Date().toISOString() }),
    view("text", "s5", [], { consent: `v=2;given=${new Date().toISOString()};purposes=analytics` }),
    view("old", "s6", [], {
      consent: { purposes: ["analytics"], policyVersion: 1, givenAt: new Date().toISOString() },
    }),
    view("broken", "s7", [], { consent: ["analytics"] }),
  ]);
  expect(answer.status).toBe(202);
  expect(answer.body).toEqual({
    accepted: 3,
    denied: [
      { reason: "no-lane", count: 1 },
      { reason: "no-consent", count: 1 },
      { reason: "outdated-policy", count: 1 },
      { reason: "malformed-consent", count: 1 },
    ],
    rejected: [],
  });
  const frames = await hub.frames();
  const lane = (id: string): string[] =>
    frames.filter(({ subject }) => subject.startsWith(`ev.app.${id}.`)).flatMap(({ columns }) => idsOf(columns));
  expect(lane("analytics").toSorted()).toEqual(["analytics", "both", "text"]);
  expect(lane("analytics+marketing")).toEqual(["both"]);
  const both = frames.find(({ subject }) => subject === "ev.app.analytics+marketing.0");
  expect(Object.keys(both?.columns ?? {})).toEqual(["$id", "$type", "$time", "$source", "#key", "page.path", "price"]);
  expect(both?.columns).toMatchObject({ "page.path": ["/a"], price: [3] });
});

test("stored consent counts alone, narrows at once, and a withdrawal stops the next event", async () => {
  const bare = (id: string): object => hit(id, "stored é/x", { time: new Date().toISOString() });
  expect((await post("rest", bare("before"))).body).toMatchObject({ accepted: 0 });
  expect((await putConsent("stored é/x", ["analytics"])).status).toBe(204);
  expect((await post("rest", bare("granted"))).body).toMatchObject({ accepted: 1 });
  expect((await putConsent("stored é/x", [], 1)).status).toBe(204);
  const claimed = await post("rest", view("claimed", "stored é/x", ["analytics", "marketing"]));
  expect(claimed.body).toMatchObject({ accepted: 0, denied: [{ reason: "withdrawn", count: 1 }] });
  expect(await ids()).toEqual(["granted"]);
});

// defect: a page's key, which anybody can read, told whether a subject had withdrawn
test("a public key is told of the claim alone, whatever is stored of the subject", async () => {
  const subjects = ["unknown", "granted", "withdrawn"];
  expect((await putConsent("granted", ["analytics"])).status).toBe(204);
  expect((await putConsent("withdrawn", [])).status).toBe(204);
  const told = async (event: (subject: string) => object): Promise<readonly unknown[]> =>
    Promise.all(subjects.map(async (subject) => (await post("web", event(subject))).body));
  const same = (body: object): object[] => subjects.map(() => ({ rejected: [], denied: [], ...body }));
  expect(await told((s) => hit(`bare-${s}`, s, { time: new Date().toISOString() }))).toEqual(same({ accepted: 1 }));
  expect(await told((s) => view(`claim-${s}`, s, ["analytics"]))).toEqual(same({ accepted: 1 }));
  expect(await told((s) => view(`odd-${s}`, s, [], { consent: 3 }))).toEqual(
    same({ accepted: 0, denied: [{ reason: "malformed-consent", count: 1 }] }),
  );
  expect((await ids()).toSorted()).toEqual(["bare-granted", "claim-granted", "claim-unknown"]);
});

test("a consent that cannot be one is refused with its code", async () => {
  expect(await putConsent("s", ["analytics"], 1)).toMatchObject({ status: 409, body: { code: "outdated-policy" } });
  expect(await putConsent("s", ["unheard-of"])).toMatchObject({ status: 400, body: { code: "unknown-purpose" } });
  expect(await putConsent("a\nb", ["analytics"])).toMatchObject({ status: 400, body: { code: "invalid-subject" } });
  expect(await call("PUT", "/v1/sources/web/consent/s", "{}", JSON_TYPE)).toMatchObject({ status: 400 });
  expect((await call("PUT", "/v1/sources/web/consent/%ff", "{}", JSON_TYPE)).body["code"]).toBe("invalid-path");
});

test("array, NDJSON and CloudEvents in structured, batch and binary mode come in", async () => {
  const cloud = (id: string): object => ({ specversion: "1.0", source: "/x", ...hit(id) });
  const type = (value: string): Record<string, string> => ({ "content-type": value });
  const answers = [
    await post("log", [hit("array-1"), hit("array-2")]),
    await post(
      "log",
      `${JSON.stringify(hit("line-1"))}\r\n\nno json\n${JSON.stringify(hit("line-2"))}`,
      type("application/x-ndjson"),
    ),
    await post("log", cloud("structured"), type("application/cloudevents+json; charset=utf-8")),
    await post("log", [cloud("batch"), hit("no-version")], type("application/cloudevents-batch+json")),
    await post(
      "log",
      { page: { path: "/b" } },
      {
        "ce-specversion": "1.0",
        "ce-id": "binary",
        "ce-type": "http.request",
        "ce-source": "/x",
        "ce-time": "2015-05-17T10:05:03Z",
        "ce-subject": "caf%C3%A9",
      },
    ),
    await post("log", [], type("application/cloudevents-batch+json")),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 202]);
  expect(answers.map(({ body }) => body["accepted"])).toEqual([2, 2, 1, 1, 1, 0]);
  expect(answers[1]?.body["rejected"]).toMatchObject([{ index: 1, code: "invalid-json" }]);
  expect(answers[3]?.body["rejected"]).toMatchObject([{ index: 1, code: "invalid-specversion" }]);
  expect(await ids()).toEqual(["array-1", "array-2", "batch", "binary", "line-1", "line-2", "structured"]);
  const binary = (await hub.frames()).find(({ columns }) => idsOf(columns).includes("binary"));
  expect(binary?.columns["$subject"]).toContain("café");
});

test("header duplicates: a binary event that says two things of itself is refused", async () => {
  const twice = async (name: string, second: string): Promise<string> =>
    raw(
      [
        "POST /v1/sources/log/events HTTP/1.1",
        "Host: edge",
        "Connection: close",
        `Authorization: Bearer ${KEY}`,
        "Content-Type: application/json",
        "ce-specversion: 1.0",
        "ce-id: twice",
        "ce-type: http.request",
        "ce-time: 2015-05-17T10:05:03Z",
        "ce-subject: one",
        `${name}: ${second}`,
        "Content-Length: 2",
        "",
        "{}",
      ].join("\r\n"),
    );
  for (const [name, second] of [
    ["ce-subject", "two"],
    ["CE-Subject", "one"],
    ["ce-id", "other"],
  ] as const) {
    expect(await twice(name, second)).toMatch(/^HTTP\/1.1 400 [^]*"code":"invalid-header"/);
  }
  expect(await twice("x-other", "two")).toMatch(/^HTTP\/1.1 202 /);
  expect(await ids()).toEqual(["twice"]);
});

const smuggled = `POST /v1/sources/log/events HTTP/1.1\r\nHost: edge\r\nContent-Length: 0\r\n\r\n`;

test.each<[string, readonly string[], string]>([
  ["two lengths", ["Content-Length: 4", "Content-Length: 0"], "[{}]"],
  ["a length and chunks", ["Content-Length: 4", "Transfer-Encoding: chunked"], `0\r\n\r\n${smuggled}`],
  ["chunks, misspelt", ["Transfer-Encoding: xchunked"], `0\r\n\r\n${smuggled}`],
  ["chunks that are not the last coding", ["Transfer-Encoding: chunked, identity"], `0\r\n\r\n${smuggled}`],
  ["a space before the colon", ["Transfer-Encoding : chunked"], `0\r\n\r\n${smuggled}`],
  ["a folded header", ["X: a", " Transfer-Encoding: chunked"], `0\r\n\r\n${smuggled}`],
  ["a bare LF in a header", ["X: a\nTransfer-Encoding: chunked"], `0\r\n\r\n${smuggled}`],
  ["a length with a sign", ["Content-Length: +4"], "[{}]"],
  ["a chunk that is no number", ["Transfer-Encoding: chunked"], `zz\r\n${smuggled}`],
  ["a chunk longer than it says", ["Transfer-Encoding: chunked"], `1\r\n[{}]\r\n0\r\n\r\n${smuggled}`],
  ["a chunk whose length overflows", ["Transfer-Encoding: chunked"], `fffffffffffffffff\r\n${smuggled}`],
  ["a header of 100,000 characters", [`X: ${"x".repeat(100_000)}`], "[{}]"],
])("request smuggling: %s gets one refusal, and nothing behind it is read", async (_, headers, body) => {
  const head = ["POST /v1/sources/log/events HTTP/1.1", "Host: edge", `Authorization: Bearer ${KEY}`];
  const answer = await raw([...head, "Content-Type: application/json", ...headers, "", body].join("\r\n"));
  // node:http says no more than that of what is no HTTP
  expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual([expect.stringMatching(/ (400|431)$/)]);
  expect(await ids()).toEqual([]);
});

/** What the edge says to these bytes until it closes the connection. */
function raw(text: string): Promise<string> {
  return new Promise((done) => {
    let said = "";
    const socket = connect(Number(new URL(base).port), "127.0.0.1", () => socket.write(text));
    socket.on("data", (data) => (said += data.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => done(said));
  });
}

test("gzip, br and zstd come in; a bomb, a broken body and another encoding do not", async () => {
  const plain = Buffer.from(JSON.stringify(hit("packed")));
  const packed = { gzip: gzipSync(plain), br: brotliCompressSync(plain), zstd: zstdCompressSync(plain) };
  for (const [encoding, body] of Object.entries(packed)) {
    const answer = await post("log", new Uint8Array(body), { "content-encoding": encoding });
    expect(answer, encoding).toMatchObject({ status: 202, body: { accepted: 1 } });
  }
  const space = Buffer.alloc(200_000_000, 32);
  for (const [encoding, body] of Object.entries({
    gzip: gzipSync(space),
    br: brotliCompressSync(Buffer.alloc(BODY_LIMIT + 1, 32)),
    zstd: zstdCompressSync(space),
  })) {
    const answer = await post("log", new Uint8Array(body), { "content-encoding": encoding });
    expect(answer, encoding).toMatchObject({ status: 413, body: { code: "body-too-large" } });
  }
  expect(await post("log", "x", { "content-encoding": "gzip" })).toMatchObject({
    status: 400,
    body: { code: "invalid-compression" },
  });
  expect(await post("log", "x", { "content-encoding": "compress" })).toMatchObject({ status: 415 });
  expect(await post("log", new Uint8Array(BODY_LIMIT * 4))).toMatchObject({
    status: 413,
    body: { code: "body-too-large" },
  });
});

test("one malformed event of a thousand is rejected by its index; a second one with the same id too", async () => {
  const events: unknown[] = Array.from({ length: 1000 }, (_, i) => hit(`m-${i}`, `10.0.0.${i % 50}`));
  events[417] = { id: 7, type: "http.request", data: [] };
  events[900] = hit("m-899");
  const answer = await post("log", events);
  expect(answer).toMatchObject({
    status: 202,
    body: {
      accepted: 998,
      rejected: [
        { index: 417, code: "invalid-id" },
        { index: 900, code: "duplicate-id" },
      ],
    },
  });
  const frames = await hub.frames();
  expect(frames.reduce((sum, { n }) => sum + n, 0)).toBe(998);
  const partitions = new Map<string, Set<string>>();
  for (const { subject, n, columns } of frames) {
    expect(n).toBeLessThanOrEqual(500);
    for (const key of columns["#key"] ?? [])
      partitions.set(String(key), (partitions.get(String(key)) ?? new Set()).add(subject));
  }
  expect([...partitions.values()].every((subjects) => subjects.size === 1)).toBe(true);
});

const data = (value: unknown): object => ({ data: value });
const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

test.each<[string, object]>([
  ["invalid-id", { id: "" }],
  ["invalid-id", { id: "x".repeat(129) }],
  ["invalid-id", { id: "a\u0000b" }],
  ["invalid-id", { id: "a\ud800" }],
  ["invalid-type", { type: null }],
  ["invalid-type", { type: "" }],
  ["invalid-type", { type: "a\u0085b" }],
  ["invalid-time", { time: "yesterday" }],
  ["time-out-of-range", { time: "1969-12-31T23:59:59Z" }],
  ["time-out-of-range", { time: new Date(Date.now() + 2 * 86_400_000).toISOString() }],
  ["invalid-subject", { subject: "" }],
  ["invalid-subject", { subject: "a\r\nb" }],
  ["invalid-subject", { subject: "a\udfffb" }],
  ["invalid-data", data([])],
  ["invalid-data", data("text")],
  ["too-deep", data({ a: JSON.parse(deep(16)) })],
  ["field-type", data({ price: "3" })],
  ["field-type", data({ count: 1.5 })],
  ["field-type", data({ seen: "soon" })],
  ["field-type", data({ page: "home" })],
  ["field-type", data({ constructor: {} })],
])("rejects with %s: %j", async (code, change) => {
  const answer = await post("log", { ...hit("bad"), ...change });
  expect(answer).toMatchObject({ status: 202, body: { accepted: 0, rejected: [{ index: 0, code }] } });
  expect(await ids()).toEqual([]);
});

test("takes what is only odd: 15 levels, missing data, prototype names as data", async () => {
  const odd = JSON.stringify(hit("odd", "s", { data: { constructor: "c" } })).replace(
    '"data":{',
    '"data":{"__proto__":{"count":1,"admin":true},',
  );
  const answer = await post(
    "log",
    `[${odd},${JSON.stringify(hit("none", "s", { data: undefined }))},${JSON.stringify(hit("deep", "s", data({ a: JSON.parse(deep(14)) })))}]`,
  );
  expect(answer).toMatchObject({ status: 202, body: { accepted: 3 } });
  expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  const frame = (await hub.frames()).find(({ columns }) => idsOf(columns).includes("odd"));
  expect(frame?.columns).toMatchObject({ constructor: ["c", null, null], count: [null, null, null] });
});

test.each([
  ["invalid-json", '{"id": '],
  ["invalid-json", ""],
  ["no-events", "1"],
  ["no-events", "[]"],
  ["no-events", deep(100_000)],
  ["too-deep", JSON.stringify(hit("x", "s", { data: "here" })).replace('"here"', `{"a":${deep(100_000)}}`)],
  [
    "too-deep",
    JSON.stringify(hit("x", "s", { data: "here" })).replace(
      '"here"',
      '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000),
    ),
  ],
])("a body that cannot be read is answered 400 %s", async (code, body) => {
  const answer = await post("log", body);
  expect(answer).toMatchObject({ status: 400, body: { status: 400, code, type: `urn:o2mc:problem:${code}` } });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
});

test("text that is not UTF-8, and other media types, are refused", async () => {
  expect((await post("log", new Uint8Array([0x22, 0xff, 0x22]))).body["code"]).toBe("invalid-utf8");
  expect((await post("log", "{}", { "content-type": "text/plain" })).status).toBe(415);
  expect((await post("log", "{}", { "content-type": "application/json; charset=latin1" })).status).toBe(415);
});

test("unknown source and wrong key are answered alike; 503 while sources may still turn up", async () => {
  for (const answer of [
    await post("nobody", hit("x")),
    await post("log", hit("x"), { authorization: "Bearer wrong" }),
    await post("log", hit("x"), { authorization: "" }),
  ]) {
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  }
  expect((await post("log", hit("old-key"), { authorization: "bearer old key" })).status).toBe(401);
  settled = false;
  const early = await post("nobody", hit("x"));
  expect((await call("GET", "/readyz")).status).toBe(503);
  settled = true;
  expect(early).toMatchObject({ status: 503, body: { code: "starting" } });
  expect(early.headers.get("retry-after")).toBe("1");
});

test("a revoked grant is answered 403 and nothing reaches the hub; frames never mix revisions", async () => {
  const before = post(
    "log",
    Array.from({ length: 100 }, (_, i) => hit(`g-${i}`)),
  );
  deploy();
  expect((await before).status).toBe(202);
  deploy(false);
  expect(await post("log", hit("revoked"))).toMatchObject({ status: 403, body: { code: "not-granted" } });
  deploy();
  expect((await post("log", hit("granted-again"))).status).toBe(202);
  expect(await ids()).not.toContain("revoked");
});

test("CORS: the source's origins may send and read, others not", async () => {
  const origin = (value: string): Record<string, string> => ({ origin: value });
  const preflight = await call("OPTIONS", "/v1/sources/web/events", undefined, origin(ORIGIN));
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
  const sent = await post("web", view("cors", "s", ["analytics"]), origin(ORIGIN));
  expect(sent.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  const unread = await post("web", "{", origin(ORIGIN));
  expect([unread.status, unread.headers.get("access-control-allow-origin")]).toEqual([400, ORIGIN]);
  const foreign = await post("web", view("foreign", "s", ["analytics"]), origin("https://evil.example"));
  expect(foreign).toMatchObject({ status: 403, body: { code: "origin-not-allowed" } });
  expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
  expect((await call("OPTIONS", "/v1/sources/web/events", undefined, origin("https://evil.example"))).status).toBe(403);
});

test("a site learns its configuration by its origin", async () => {
  const expected = { source: "web", writeKey: KEY, policyVersion: 2, purposes: ["analytics", "marketing", "billing"] };
  const answer = await call("GET", "/v1/sites/config?x=1", undefined, { origin: ORIGIN });
  expect(answer).toMatchObject({ status: 200, body: expected });
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  const byReferer = await call("GET", "/v1/sites/config", undefined, { referer: `${ORIGIN}/page` });
  expect(byReferer).toMatchObject({ status: 200, body: expected });
  expect(await call("GET", "/v1/sites/config", undefined, { origin: "https://evil.example" })).toMatchObject({
    status: 404,
  });
});

test("the OpenAPI document has the declared fields; the snippet has an ETag", async () => {
  const { body } = await call("GET", "/v1/sources/rest/openapi.json");
  expect(body).toHaveProperty(
    "components.schemas.Event.properties.data.properties.page.properties.path.type",
    "string",
  );
  expect(body).toHaveProperty(["paths", "/v1/sources/rest/events", "post"]);
  const said = ["put", "requestBody", "content", "application/json", "schema", "required"];
  expect(body).toHaveProperty(["paths", "/v1/sources/rest/consent", ...said], ["subject", "policyVersion"]);
  expect(body).toHaveProperty(["paths", "/v1/sources/rest/consent/{subject}", ...said], ["policyVersion"]);
  const snippet = await fetch(`${base}/sloc.js`);
  expect(await snippet.text()).toBe("void 0;");
  const again = await fetch(`${base}/sloc.js`, { headers: { "if-none-match": snippet.headers.get("etag") ?? "" } });
  expect(again.status).toBe(304);
  expect((await call("GET", "/nothing")).status).toBe(404);
  expect((await call("DELETE", "/v1/sources/rest/events")).status).toBe(405);
});

// defect: /metrics told anybody whether the event just sent had been let in
test("counts are kept, and not for the public", async () => {
  expect((await call("GET", "/metrics")).status).toBe(404);
  expect(JSON.parse(JSON.stringify(counters))).toMatchObject({
    events: { denied: { withdrawn: expect.any(Number) }, rejected: { "field-type": expect.any(Number) } },
  });
});

test("a tenant that has used up its events a second is answered 429 with when to come back", async () => {
  deploy(true, 5);
  const many = Array.from({ length: 100 }, (_, i) => hit(`quota-${i}`, "q"));
  const answers: Answer[] = [];
  while (answers.at(-1)?.status !== 429) answers.push(await post("log", many));
  expect(answers.at(-1)).toMatchObject({ body: { code: "quota-exceeded" } });
  expect(Number(answers.at(-1)?.headers.get("retry-after"))).toBeGreaterThan(10);
  // before the body has come: reading it would cost the other tenants
  const call = request(`${base}/v1/sources/log/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", "content-length": 100_000 },
  });
  call.flushHeaders();
  const [early] = (await once(call, "response")) as [IncomingMessage];
  expect(early.statusCode).toBe(429);
  call.destroy();
  deploy();
  expect((await post("log", hit("quota-gone", "q"))).status).toBe(202);
});

test("a full hub is answered 429, a lost one 503 while consent cannot be known; after its return events flow", async () => {
  await hub.jsm.streams.update("EVENTS", { max_bytes: 1024 });
  const full = await post(
    "log",
    Array.from({ length: 100 }, (_, i) => hit(`full-${i}`)),
  );
  expect(full).toMatchObject({ status: 429, body: { code: "hub-full" } });
  expect(full.headers.get("retry-after")).toBe("1");
  await hub.jsm.streams.update("EVENTS", { max_bytes: 16 * 1024 * 1024 });

  await putConsent("patient", ["analytics"]);
  await hub.kill();
  await eventually(async () => (await post("log", hit("lost"))).status === 503);
  expect(await post("log", hit("lost"))).toMatchObject({ status: 503, body: { code: "consent-unavailable" } });
  await hub.restart();
  await eventually(async () => (await post("log", hit("back"))).status === 202);
  expect((await post("web", hit("known", "patient", { time: new Date().toISOString() }))).body).toMatchObject({
    accepted: 1,
  });
});
