import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import { createLogger } from "@o2mc/runtime/log.ts";
import { STREAMS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestHub } from "../config/testkit/hub.ts";
import { Counters } from "./counters.ts";
import { OpenFrame, type PublishFailure } from "./open-frame.ts";
import { compilePlan, type LanePlan } from "./plan.ts";
import { Publisher } from "./publisher.ts";
import { DeafProxy } from "./testkit/deaf-proxy.ts";
import { testDeployment } from "./testkit/deployment.ts";

const log = createLogger("publisher-test", "fatal");
const plan = compilePlan(testDeployment(1));
let hub: TestHub;

beforeAll(async () => {
  hub = await TestHub.start(process.env["O2MC_NATS_SERVER"]);
});
beforeEach(() => hub.clear());
afterAll(() => hub?.stop());

/** A frame with one event, for the hub's `subject`. */
function frameOf(id: string, subject = "ev.app.analytics.0"): OpenFrame {
  const lane: LanePlan = { index: 0, partitions: 1, subjects: [subject], columns: [] };
  const frame = new OpenFrame(plan, lane, 0);
  const subjectKey = plan.subjects.get(id);
  frame.add({ id, type: "t", time: 1, source: "log", subject: subjectKey, values: [] });
  return frame;
}

const publisher = (nats = hub.nats): Publisher => new Publisher(nats, () => undefined, new Counters(), log);

function publishAll(frames: readonly OpenFrame[], nats = hub.nats): Promise<(PublishFailure | undefined)[]> {
  const to = publisher(nats);
  for (const frame of frames) to.publish(frame);
  return Promise.all(frames.map(({ settled }) => settled));
}

const stored = async (): Promise<string[]> => (await hub.frames()).map(({ columns }) => String(columns["$id"]?.[0]));

test("many frames at once are all in the hub, in order, each once", async () => {
  const frames = Array.from({ length: 600 }, (_, i) => frameOf(`b-${i}`));
  expect(await publishAll(frames)).toEqual(frames.map(() => undefined));
  expect(await stored()).toEqual(frames.map((_, i) => `b-${i}`));
});

test("a frame that the hub refuses fails alone: its neighbours of the batch are in the hub, each once", async () => {
  const frames = Array.from({ length: 30 }, (_, i) => frameOf(`r-${i}`, i === 17 ? "elsewhere" : undefined));
  const outcomes = await publishAll(frames);
  expect(outcomes).toEqual(frames.map((_, i) => (i === 17 ? "hub-unavailable" : undefined)));
  expect((await stored()).toSorted()).toEqual(frames.flatMap((_, i) => (i === 17 ? [] : [`r-${i}`])).toSorted());
});

test.each([3, 60])(
  "kill -9 of the hub between write and ack of %i frames: each is there once",
  async (count) => {
    const proxy = await DeafProxy.start(hub.url);
    const nats = await connect({
      servers: proxy.address,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      inboxPrefix: "_INBOX_edge",
    });
    proxy.deaf = true;
    const frames = Array.from({ length: count }, (_, i) => frameOf(`k-${i}`));
    const settled = publishAll(frames, nats);
    while ((await hub.jsm.streams.info(STREAMS.events)).state.messages < count) await sleep(10);
    await hub.kill();
    proxy.deaf = false;
    await hub.restart();
    expect(await settled).toEqual(frames.map(() => undefined));
    await nats.close();
    proxy.stop();
    expect((await stored()).toSorted()).toEqual(frames.map((_, i) => `k-${i}`).toSorted());
  },
  30_000,
);

test("what waits when its edge stops is sent first", async () => {
  const to = publisher();
  const frames = Array.from({ length: 1_000 }, (_, i) => frameOf(`d-${i}`));
  for (const frame of frames) to.publish(frame);
  await to.drained();
  expect(await stored()).toHaveLength(1_000);
});
