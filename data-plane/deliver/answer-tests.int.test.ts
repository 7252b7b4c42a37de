import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { NatsConnection } from "@nats-io/transport-node";
import { seal, SealedReader } from "@o2mc/runtime/sealed.ts";
import type { DestinationTestAnswer } from "@o2mc/schema/destinations/destination-test.ts";
import { DESTINATION_TESTS, destinationTestAnswer } from "@o2mc/schema/subjects.ts";
import { createCurve, type KeyPair } from "@nats-io/nkeys";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerTests } from "./answer-tests.ts";
import { outgoingTo } from "./testkit/outgoing.ts";
import { TENANT, TenantHub } from "./testkit/tenant-hub.ts";

let hub: TenantHub;
let connections: NatsConnection[];
let server: Server;
let url: string;
let release: () => void = () => undefined;
const waiting: (() => void)[] = [];
let calls = 0;
let hold = false;
const key: KeyPair = createCurve();
const reader = new SealedReader([new TextDecoder().decode(key.getSeed())]);
const ends: (() => void)[] = [];

beforeAll(async () => {
  hub = await TenantHub.start();
  server = createServer((request, response) => {
    request.resume();
    calls++;
    const answer = (): void => void response.writeHead(204).end();
    if (hold) waiting.push(answer);
    else answer();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  release = () => {
    for (const answer of waiting.splice(0)) answer();
  };
  // two processes of the same tenant
  connections = await Promise.all([hub.connectDeliver(), hub.connectDeliver()]);
  for (const connection of connections) {
    ends.push(answerTests({ tenant: TENANT, connection, sealed: reader, outgoing: outgoingTo() }));
    await connection.flush();
  }
});

afterAll(async () => {
  for (const end of ends) end();
  for (const connection of connections ?? []) await connection.close();
  await hub?.stop();
  server?.closeAllConnections();
  server?.close();
});

let next = 0;
const newId = (): string => `an-id-of-a-test-${next++}`;

interface Change {
  readonly id?: string;
  readonly context?: (id: string) => readonly string[];
}

async function ask({ id = newId(), context }: Change = {}): Promise<readonly DestinationTestAnswer[]> {
  const heard = hub.owner.subscribe(destinationTestAnswer(id));
  const options = { webhook: { url, secret: `whsec_${"a".repeat(32)}` } };
  const belongs = context?.(id) ?? [TENANT, DESTINATION_TESTS, id];
  const sealed = seal(JSON.stringify(options), belongs, key.getPublicKey());
  hub.owner.publish(DESTINATION_TESTS, JSON.stringify({ v: 1, id, ...sealed }));
  const answers: DestinationTestAnswer[] = [];
  setTimeout(() => heard.unsubscribe(), 1_500);
  for await (const message of heard) answers.push(message.json());
  return answers;
}

test("of two processes one answers, once", async () => {
  calls = 0;
  expect(await ask()).toMatchObject([{ v: 1, code: "ok" }]);
  expect(calls).toBe(1);
});

test("options that were sealed for another tenant, bucket or question are not opened, and nobody is called", async () => {
  calls = 0;
  for (const context of [
    (id: string) => ["other", DESTINATION_TESTS, id],
    (id: string) => [TENANT, "destinations", id],
    () => [TENANT, DESTINATION_TESTS, "an-id-of-another-test"],
  ]) {
    expect((await ask({ context })).map(({ code }) => code)).toEqual(["bad-options"]);
  }
  expect(calls).toBe(0);
});

test("an id that could name other subjects is not answered", async () => {
  calls = 0;
  hub.owner.publish(DESTINATION_TESTS, JSON.stringify({ v: 1, id: "a.b.>", recipient: "", sender: "", box: "" }));
  hub.owner.publish(DESTINATION_TESTS, "not JSON");
  expect((await ask()).map(({ code }) => code)).toEqual(["ok"]);
  expect(calls).toBe(1);
});

test("so many at once, and no more", async () => {
  hold = true;
  const asked = Array.from({ length: 12 }, () => ask());
  await expect.poll(() => waiting.length).toBeGreaterThan(0);
  const freed = new Promise<void>((done) => setTimeout(done, 700)).then(() => {
    hold = false;
    release();
  });
  const codes = (await Promise.all(asked)).flat().map(({ code }) => code);
  await freed;
  // two for each of the two processes
  expect(codes.filter((code) => code === "ok").length).toBeLessThanOrEqual(4);
  expect(codes.filter((code) => code === "busy").length).toBeGreaterThanOrEqual(8);
  expect((await ask()).map(({ code }) => code)).toEqual(["ok"]);
});
