import { jetstream, type JsMsg, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { deliveryConsumer, STREAMS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Inbox } from "./inbox.ts";
import { recover } from "./recover.ts";
import { TenantHub } from "./testkit/tenant-hub.ts";

const ACK_WAIT_MS = 2_000;
const ALL = { seconds: 1, messages: 6, bytes: 1 << 20 };
const never = new AbortController().signal;

let hub: TenantHub;
beforeAll(async () => {
  hub = await TenantHub.start();
});
afterAll(async () => {
  await hub?.stop();
});

async function inboxOf(connection: NatsConnection, delivery: string, settled = 0): Promise<Inbox> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const recovered = await recover(jsm, deliveryConsumer(delivery), never);
  const consumer = await jetstream(connection).consumers.get(STREAMS.results, deliveryConsumer(delivery));
  return new Inbox(consumer, recovered, settled);
}

const texts = (messages: readonly JsMsg[]): string[] => messages.map((message) => decodeResultFrame(message.data).lane);

async function publish(output: string, names: readonly string[]): Promise<void> {
  for (const lane of names)
    await hub.publish(output, `${output}-${lane}`, { revision: 1, lane, n: 0, id: [], columns: {} });
}

// Guards a loss: newer results written first would make the older ones look written, by the sequences in file names.
test.each([
  { name: "reset", mayReset: true },
  { name: "waiting", mayReset: false },
])("what a killed reader held comes again before anything newer, by $name", async ({ name, mayReset }) => {
  await hub.addDelivery(name, name, ACK_WAIT_MS);
  const first = await hub.connectDeliver();
  const killed = await inboxOf(first, name);
  await publish(name, ["1", "2", "3"]);
  const held = await killed.gather({ ...ALL, messages: 3 }, never);
  await killed.settle(held.slice(0, 1));
  killed.close();
  await first.close();
  await publish(name, ["4", "5"]);

  const second = await hub.connectDeliver(mayReset);
  const next = await inboxOf(second, name);
  expect(texts(await next.gather({ ...ALL, messages: 4 }, never))).toEqual(["2", "3", "4", "5"]);
  next.close();
  await second.close();
});

test("a message that was handed out and never arrived stops the reader before a newer one overtakes it", async () => {
  await hub.addDelivery("gap", "gap");
  const connection = await hub.connectDeliver();
  const inbox = await inboxOf(connection, "gap");
  await publish("gap", ["1"]);
  await inbox.settle(await inbox.gather(ALL, never));
  const thief = await jetstream(hub.owner).consumers.get(STREAMS.results, deliveryConsumer("gap"));
  const waiting = inbox.gather({ ...ALL, messages: 3, seconds: 30 }, never).catch((error: unknown) => error);
  const stolen = thief.next({ expires: 5_000 });
  for (let i = 2; i < 10; i++) await publish("gap", [String(i)]);
  expect(await stolen).not.toBeNull();
  expect(await waiting).toMatchObject({ name: "DeliveryGap" });
  inbox.close();

  const again = await inboxOf(connection, "gap");
  const rest = await again.gather({ ...ALL, messages: 8 }, never);
  expect(texts(rest)).toEqual(["2", "3", "4", "5", "6", "7", "8", "9"]);
  again.close();
  await connection.close();
});

test("held results are not handed out again, however long the destination is away", async () => {
  await hub.addDelivery("held", "held", ACK_WAIT_MS);
  const connection = await hub.connectDeliver();
  const inbox = await inboxOf(connection, "held");
  await publish("held", ["1", "2"]);
  const messages = await inbox.gather({ ...ALL, messages: 2 }, never);
  await new Promise((resolve) => setTimeout(resolve, ACK_WAIT_MS * 2.5));
  await inbox.settle(messages);
  const jsm = await jetstreamManager(hub.owner);
  const info = await jsm.consumers.info(STREAMS.results, deliveryConsumer("held"));
  expect(info).toMatchObject({ num_redelivered: 0, num_ack_pending: 0, delivered: { consumer_seq: 2 } });
  inbox.close();
  await connection.close();
});
