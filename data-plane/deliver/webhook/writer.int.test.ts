import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { conformance, OUTPUT, START } from "../testkit/conformance.ts";
import { NotConnected, Permanent, RetryAfter } from "../destination.ts";
import { outgoingTo } from "../testkit/outgoing.ts";
import { webhookKind } from "./factory.ts";

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const SECRET = `whsec_${Buffer.from("a secret of twenty-four bytes").toString("base64")}`;
let calls: Call[] = [];
let answer: { status: number; headers: Record<string, string> } = { status: 204, headers: {} };
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    calls.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(answer.status, answer.headers).end("ok");
  });
});
let url = "";
const open = (to = url) =>
  webhookKind.open({ url: to, secret: SECRET }, { delivery: "d1", output: OUTPUT, outgoing: outgoingTo() }).destination;
const batch = { id: "p.sessions.0.17", first: 4, last: 4, rows: [{ id: "r1", values: ["/a", 1.5, 2, false, START] }] };

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(() => server.close());
beforeEach(() => {
  calls = [];
  answer = { status: 204, headers: {} };
});

conformance("webhook", () => ({
  open: () => open(),
  openUnreachable: () => open("http://127.0.0.1:1/hook"),
  // The receiver's side of the idempotency key: a webhook-id that came before changes nothing.
  ids: () => {
    let known: { id: string; subject_key: string | null }[] = [];
    for (const body of new Map(calls.map((call) => [call.headers["webhook-id"], call.body])).values()) {
      const message = JSON.parse(body) as { rows: typeof known } | { type: "erasure"; subject_key: string };
      if ("rows" in message) known.push(...message.rows);
      else known = known.filter((row) => row.subject_key !== message.subject_key);
    }
    return Promise.resolve(known.map(({ id }) => id));
  },
  refuseForGood: () => (answer = { status: 410, headers: {} }),
}));

test("the call is signed as Standard Webhooks says", async () => {
  await open().write(batch);
  const [call] = calls;
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = call?.headers ?? {};
  expect(id).toBe("p.sessions.0.17");
  const expected = createHmac("sha256", "a secret of twenty-four bytes").update(
    `${String(id)}.${String(at)}.${call?.body}`,
  );
  expect(signature).toBe(`v1,${expected.digest("base64")}`);
  expect(JSON.parse(call?.body ?? "")).toEqual({
    output: "sessions",
    rows: [
      {
        id: "r1",
        subject_key: null,
        "page.path": "/a",
        price: 1.5,
        "session.events": 2,
        member: false,
        "session.start": "2026-11-24T10:00:00.000Z",
      },
    ],
  });
});

test("an erasure is a signed message of its own type, with the same id at each attempt", async () => {
  const erasure = { id: "era_7", erasureKey: "k" };
  expect(await open().erase(erasure)).toEqual({ answered: 204 });
  await open().erase(erasure);
  const [call, again] = calls;
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = call?.headers ?? {};
  expect(again?.headers["webhook-id"]).toBe(id);
  const expected = createHmac("sha256", "a secret of twenty-four bytes").update(
    `${String(id)}.${String(at)}.${call?.body}`,
  );
  expect(signature).toBe(`v1,${expected.digest("base64")}`);
  expect(JSON.parse(call?.body ?? "")).toEqual({
    type: "erasure",
    id: "era_7",
    output: "sessions",
    subject_key: "k",
  });
});

test.each([429, 503])("%i waits as long as Retry-After says", async (status) => {
  answer = { status, headers: { "retry-after": "7" } };
  await expect(open().write(batch)).rejects.toMatchObject({ constructor: RetryAfter, ms: 7000 });
});

test("a redirect is not followed", async () => {
  answer = { status: 302, headers: { location: `${url}/elsewhere` } };
  await expect(open().write(batch)).rejects.toThrow("302");
  expect(calls).toHaveLength(1);
});

test.each([408, 425, 500])("%i is neither permanent nor the end of the connection", async (status) => {
  answer = { status, headers: {} };
  const error: unknown = await open()
    .write(batch)
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  expect(error instanceof Permanent || error instanceof NotConnected).toBe(false);
});
