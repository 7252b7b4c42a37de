import { jetstreamManager } from "@nats-io/jetstream";
import { createLogger } from "@o2mc/runtime/log.ts";
import { STREAMS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "./testkit/eventually.ts";
import { TenantHub } from "./testkit/tenant-hub.ts";
import { keepWindow } from "./window-keeper.ts";

let hub: TenantHub;
beforeAll(async () => {
  hub = await TenantHub.start();
});
afterAll(async () => {
  await hub?.stop();
});

test("results stay while they are young and go when they are older than the window", async () => {
  const stop = new AbortController();
  const connection = await hub.connectDeliver();
  const log = createLogger("test", "silent");
  const publish = (id: string) => hub.publish("o", id, { revision: 1, lane: "a", n: 0, id: [], columns: {} });
  const jsm = await jetstreamManager(hub.owner);
  const stored = async () => (await jsm.streams.info(STREAMS.results)).state.messages;

  for (const id of ["1", "2", "3"]) await publish(id);
  const long = new AbortController();
  const keeping = keepWindow(connection, 3600, log, long.signal);
  await eventually(async () => (await jsm.consumers.info(STREAMS.results, "window")).delivered.consumer_seq, 3);
  expect(await stored()).toBe(3);
  expect((await publish("1")) < 4).toBe(true);
  long.abort();
  await keeping;

  const short = keepWindow(connection, 1, log, stop.signal);
  await publish("4");
  await eventually(stored, 0);
  stop.abort();
  await short;
  await connection.close();
});
