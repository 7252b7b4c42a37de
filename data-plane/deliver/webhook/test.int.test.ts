import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testDestination } from "../test-destination.ts";
import { outgoingTo } from "../testkit/outgoing.ts";

const KEY = "a secret of twenty-four bytes";
const SECRET = `whsec_${Buffer.from(KEY).toString("base64")}`;
let server: Server;
let origin: string;
let status: number | null = 204;
let name = "hooks/1.0";
const calls: { headers: IncomingHttpHeaders; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      calls.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      if (status !== null) response.writeHead(status, { server: name, location: `${origin}/other` }).end(SECRET);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});
beforeEach(() => {
  status = 204;
  name = "hooks/1.0";
  calls.length = 0;
});

const ask = (url = `${origin}/hook`, outgoing = outgoingTo(), timeMs?: number) =>
  testDestination({ webhook: { url, secret: SECRET } }, outgoing, timeMs);

test("a receiver gets one signed message without rows", async () => {
  expect(await ask()).toMatchObject({ code: "ok", server: "hooks/1.0" });
  const [call] = calls;
  expect(calls).toHaveLength(1);
  expect(JSON.parse(call?.body ?? "")).toEqual({ type: "test", output: "", rows: [] });
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = call?.headers ?? {};
  const expected = createHmac("sha256", KEY)
    .update(`${String(id)}.${String(at)}.${call?.body}`)
    .digest("base64");
  expect(signature).toBe(`v1,${expected}`);
});

test.each([
  [401, "log-in"],
  [403, "rights"],
  [404, "answered"],
  [500, "answered"],
  [503, "answered"],
  [302, "answered"],
])("%i is %s, and is told", async (given, code) => {
  status = given;
  const answer = await ask();
  expect(answer.code).toBe(code);
  expect(answer.message).toContain(String(given));
  // a redirect is not followed, and nothing of the body comes back
  expect(calls).toHaveLength(1);
  expect(JSON.stringify(answer)).not.toContain(SECRET);
});

test("a receiver that calls itself by our secret", async () => {
  name = `me ${SECRET}`;
  expect(JSON.stringify(await ask())).not.toContain(KEY.slice(0, 8));
  expect((await ask()).server).toBe("me [secret]");
});

test("what cannot be reached", async () => {
  const closed = outgoingTo({ allow: [] });
  const named = outgoingTo({ resolve: () => Promise.resolve([{ address: "169.254.169.254", family: 4 }]) });
  const { port } = new URL(origin);
  const answers = [
    await ask("https://no-such-host.invalid/"),
    await ask("http://127.0.0.1:1/"),
    await ask(`https://127.0.0.1:${port}/`),
    await ask(undefined, closed),
    await ask("http://rebound.example/", named),
  ];
  expect(answers.map(({ code }) => code)).toEqual([
    "host-not-found",
    "refused",
    "tls",
    "address-refused",
    "address-refused",
  ]);
  expect(calls).toEqual([]);
  // the resolver is no oracle of our network
  expect(answers.at(-1)?.message).not.toContain("169.254");
});

test("a receiver that never answers", async () => {
  status = null;
  expect((await ask(undefined, undefined, 300)).code).toBe("timed-out");
});
