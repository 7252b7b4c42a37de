import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { childPid } from "../../testkit/kill.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { openTenantHub, type TenantHub } from "../../testkit/tenant-hub.ts";

const LIMIT_BYTES = 10 * 1024 * 1024;
const NDJSON = { "content-type": "application/x-ndjson" };

let platform: Platform;
let source: OwnSource;
let hub: TenantHub;
let edge: number;

beforeAll(async () => {
  platform = await sharedPlatform();
  source = await ownSource(platform.endpoints, "bad input", ["operations"]);
  hub = await openTenantHub(platform, platform.endpoints.demo.tenant);
  edge = childPid(platform, "edge");
});

afterAll(() => hub?.close());

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, key = source.writeKey) =>
  postEvents(platform.endpoints, source.id, key, body, headers);

const hit = (id: string, data: object = {}): string => {
  const event = logHit(`bad-input-${id}`);
  return JSON.stringify({ ...event, data: { ...(event["data"] as object), ...data } });
};

/** a body twice as large as is allowed, after decompression */
const bomb = Buffer.alloc(2 * LIMIT_BYTES, 32);
type Refused = [
  what: string,
  status: number,
  code: string,
  body: () => string | Uint8Array<ArrayBuffer>,
  headers?: Record<string, string>,
];
const refused: Refused[] = [
  [
    "100,000 nested arrays",
    400,
    "too-deep",
    () => `[${hit("deep", {}).replace('"data":{', `"data":{"x":${"[".repeat(1e5)}${"]".repeat(1e5)},`)}]`,
  ],
  ["nothing but 100,000 nested arrays", 400, "no-events", () => "[".repeat(1e5) + "]".repeat(1e5)],
  ["100,000 opening brackets", 400, "invalid-json", () => "[".repeat(1e5)],
  ["a JSON array that was cut", 400, "invalid-json", () => `[${hit("cut-1")},{"a":`],
  ["an object that was cut", 400, "invalid-json", () => '{"a":'],
  ["no body", 400, "invalid-json", () => ""],
  ["bytes that are no UTF-8", 400, "invalid-utf8", () => new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
  ["an array of numbers", 400, "no-events", () => "[1,2,3]"],
  ["another media type", 415, "unsupported-media-type", () => hit("xml"), { "content-type": "text/xml" }],
  [
    "plain text that is said to be gzip",
    400,
    "invalid-compression",
    () => hit("plain"),
    { "content-encoding": "gzip" },
  ],
  [
    "gzip that is said to be br",
    400,
    "invalid-compression",
    () => new Uint8Array(gzipSync(hit("gz"))),
    { "content-encoding": "br" },
  ],
  [
    "gzip that was cut",
    400,
    "invalid-compression",
    () => new Uint8Array(gzipSync(hit("gz")).subarray(0, 60)),
    { "content-encoding": "gzip" },
  ],
  ["an encoding that is not ours", 415, "unsupported-encoding", () => hit("lzw"), { "content-encoding": "compress" }],
  [
    "a gzip bomb",
    413,
    "body-too-large",
    () => new Uint8Array(gzipSync(Buffer.alloc(200_000_000, 32))),
    { "content-encoding": "gzip" },
  ],
  ["a br bomb", 413, "body-too-large", () => new Uint8Array(brotliCompressSync(bomb)), { "content-encoding": "br" }],
  [
    "one event of more than the limit",
    413,
    "body-too-large",
    () => hit("huge", { user_agent: "x".repeat(LIMIT_BYTES) }),
  ],
  ["10,001 events", 413, "too-many-events", () => `[${Array.from({ length: 10_001 }, () => "{}").join(",")}]`],
];

test.each<Refused>(refused)("%s: %i %s", async (...[, status, code, body, headers = {}]) => {
  const answer = await post(body(), headers);
  expect(answer).toMatchObject({ status, body: { code, status, type: `urn:o2mc:problem:${code}` } });
});

test.each(["not-the-key", "", "x".repeat(8_000)])("a wrong key gets 401", async (key) => {
  expect((await post(hit("wrong-key"), {}, key)).status).toBe(401);
});

test("one malformed event in a batch of 1,000 is rejected by its index, its neighbours are accepted", async () => {
  const events: unknown[] = Array.from({ length: 1000 }, (_, i) => logHit(`bad-input-${i}`));
  events[417] = { id: 7, type: "http.request", data: [] };
  const answer = await post(JSON.stringify(events));
  expect(answer.status).toBe(202);
  expect(answer.body["accepted"]).toBe(999);
  expect(answer.body["rejected"]).toMatchObject([{ index: 417, code: "invalid-id" }]);
});

test("one bad line of NDJSON is rejected by its index, its neighbours are accepted", async () => {
  const lines = [hit("line-0"), hit("line-1"), '{"id": "line-2", "type":', hit("line-3")];
  const answer = await post(`${lines.join("\n")}\n`, NDJSON);
  expect(answer).toMatchObject({
    status: 202,
    body: { accepted: 3, rejected: [{ index: 2, code: "invalid-json" }] },
  });
  const none = await post('{"a":\nnonsense\n', NDJSON);
  expect(none).toMatchObject({ status: 202, body: { accepted: 0, rejected: [{ index: 0 }, { index: 1 }] } });
});

// such an event used to make a frame that the hub refuses: 503 again and again, for the events beside it too
test("one event too large for a hub message is rejected by its index, its neighbours are accepted", async () => {
  const large = hit("large", { request: { method: "GET", path: "/".repeat(2 * 1024 * 1024) } });
  const answer = await post(`[${hit("beside-1")},${large},${hit("beside-2")}]`);
  expect(answer).toMatchObject({ status: 202, body: { accepted: 2, rejected: [{ index: 1, code: "too-large" }] } });
});

test("an event of as many characters as are allowed, each escaped in JSON, is accepted", async () => {
  const path = "\u0001".repeat(64 * 1024 - 200);
  const events = Array.from({ length: 3 }, (_, i) => hit(`escaped-${i}`, { request: { method: "GET", path } }));
  expect(await post(`[${events.join(",")}]`)).toMatchObject({ status: 202, body: { accepted: 3 } });
});

test("keys that name what every object inherits stay out of the hub and change nothing", async () => {
  const polluted = hit("polluted").replace(
    '"data":{',
    '"data":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},',
  );
  expect(await post(polluted)).toMatchObject({ status: 202, body: { accepted: 1 } });
  const frames = hub.published("ev.").filter(({ text }) => text.includes("bad-input-polluted"));
  expect(frames.length).toBeGreaterThan(0);
  expect(frames.filter(({ text }) => text.includes("admin"))).toEqual([]);
});

test("the edge is still the same process, and takes events", async () => {
  expect(await post(hit("still-up"))).toMatchObject({ status: 202, body: { accepted: 1 } });
  expect(childPid(platform, "edge")).toBe(edge);
});
