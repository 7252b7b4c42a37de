import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { IssuerSession } from "./issuer-session.ts";

let status = 200;
const asked: (string | undefined)[] = [];
const server = createServer((request, response) => {
  asked.push(request.headers.authorization);
  response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("{}");
});
let url = "";

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/userinfo`;
});
afterAll(() => server.close());
beforeEach(() => (asked.length = 0));

test.each([
  [401, true],
  [200, false],
  [403, false],
  [500, false],
  [302, false],
])("an issuer's %i ends the session: %s", async (answer, ended) => {
  status = answer;
  expect(await new IssuerSession(url, 0).hasEnded("token")).toBe(ended);
  expect(asked).toEqual(["Bearer token"]);
});

test("an issuer that is away ends nobody's session", async () => {
  expect(await new IssuerSession("http://127.0.0.1:1/", 0).hasEnded("token")).toBe(false);
});

test("one question a token for as long as the answer is good", async () => {
  status = 200;
  const session = new IssuerSession(url, 60_000);
  await Promise.all(["a", "a", "b", "a"].map((token) => session.hasEnded(token)));
  expect(asked).toEqual(["Bearer a", "Bearer b"]);
  const impatient = new IssuerSession(url, 0);
  for (const token of ["a", "a"]) await impatient.hasEnded(token);
  expect(asked).toHaveLength(4);
});
