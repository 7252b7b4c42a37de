import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});

afterAll(async () => {
  await platform?.stop();
});

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, key?: string) =>
  postEvents(
    platform.endpoints,
    platform.endpoints.demo.source,
    key ?? platform.endpoints.demo.writeKey,
    body,
    headers,
  );

test("one malformed event in a batch of 1,000 is rejected by its index, its neighbours are accepted", async () => {
  const events: unknown[] = Array.from({ length: 1000 }, (_, i) => logHit(`bad-input-${i}`));
  events[417] = { id: 7, type: "http.request", data: [] };
  const answer = await post(JSON.stringify(events));
  expect(answer.status).toBe(202);
  expect(answer.body["accepted"]).toBe(999);
  expect(answer.body["rejected"]).toMatchObject([{ index: 417 }]);
});

test("100,000 nested arrays, __proto__ keys, a gzip bomb and a wrong key get a clear error and the edge stays up", async () => {
  const nested = await post("[".repeat(100_000) + "]".repeat(100_000));
  expect([400, 202]).toContain(nested.status);
  if (nested.status === 202) expect(nested.body).toMatchObject({ accepted: 0 });

  const polluted = await post(
    JSON.stringify(logHit("polluted")).replace('"data":{', '"data":{"__proto__":{"admin":true},"constructor":1,'),
  );
  expect([202, 400]).toContain(polluted.status);
  expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();

  const bomb = await post(new Uint8Array(gzipSync(Buffer.alloc(200_000_000, 32))), { "content-encoding": "gzip" });
  expect(bomb.status).toBe(413);
  expect(bomb.body["code"]).toEqual(expect.any(String));

  const wrong = await post(JSON.stringify(logHit("wrong-key")), {}, "not-the-key");
  expect(wrong.status).toBe(401);

  const unreadable = await post('{"id": ');
  expect(unreadable.status).toBe(400);
  expect(unreadable.body["code"]).toEqual(expect.any(String));

  const after = await post(JSON.stringify(logHit("still-up")));
  expect(after).toMatchObject({ status: 202, body: { accepted: 1 } });
});
