import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { cells } from "@o2mc/schema/events/columns/column.ts";
import { readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { freezeChild, killChild, thawChild } from "../../testkit/kill.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { ResultsFollower } from "../../testkit/results-follower.ts";
import { allOnce, sessionPlaces } from "../../testkit/session-places.ts";
import { sharedFile } from "../../testkit/shared.ts";
import { openTenantHub, type Published, type TenantHub } from "../../testkit/tenant-hub.ts";
import { countSessions } from "../access-log/count-sessions.ts";
import { lengthenIdleness } from "./lengthen-idleness.ts";

const LOG = sharedFile("apache_access.log");
/** what `o2mc send` puts into one request */
const BATCH = 500;
const CUT_EVERY = 12;

let platform: Platform;
let hub: TenantHub;

beforeAll(async () => {
  platform = await startPlatform();
  hub = await openTenantHub(platform, platform.endpoints.demo.tenant);
});

afterAll(async () => {
  await hub?.close();
  await platform?.stop();
});

test("kill -9 of every process, each in the middle of its work: every session in each place once", async () => {
  const { endpoints } = platform;
  const { application, pipelines } = endpoints.demo;
  await lengthenIdleness(platform, hub);
  const expected = countSessions(LOG);
  const { sessions } = expected;
  const token = await accessToken(endpoints, "dev@demo.example");
  const output = { application, pipeline: pipelines["log-sessions"] ?? "", output: "sessions" };
  const follower = new ResultsFollower(endpoints, token, output, "0", CUT_EVERY);

  const feed = new Feed();
  /** The line is whole again: something new has come out at its end. Without new hits it would only come by idleness. */
  const rowsAgain = async (): Promise<void> => {
    const { length } = follower.ids;
    feed.batches(1);
    await until(() => Promise.resolve(follower.ids.length - length), "new rows at the subscriber");
  };
  let sending = true;
  const sent = platform.o2mc(["send", "-", "--format", "combined"], feed.input).finally(() => (sending = false));

  feed.batches(4);
  await until(unprocessed, "frames that process has not done with");
  expect(sending).toBe(true);
  killChild(platform, "process");
  await rowsAgain();

  feed.batches(2);
  await until(unprocessed, "frames that process has not done with");
  expect(sending).toBe(true);
  killChild(platform, "nats");
  await rowsAgain();

  freezeChild(platform, "deliver");
  feed.batches(2);
  await until(undelivered, "results that no destination has");
  expect(sending).toBe(true);
  killChild(platform, "deliver");
  await rowsAgain();

  // the hub stands still: what the edge sends to it gets there, but no answer can have gone out
  freezeChild(platform, "nats");
  const gated = await gatedEvents();
  const seen = hub.published("ev.").length;
  feed.batches(2);
  await until(async () => (await gatedEvents()) - gated, "events at the edge");
  // longer than a frame waits for company
  await new Promise((wake) => setTimeout(wake, 100));
  expect(sending).toBe(true);
  killChild(platform, "edge");
  thawChild(platform, "nats");
  await rowsAgain();

  const row = hub.next("out.");
  feed.batches(2);
  await row;
  await until(() => Promise.resolve(Number(follower.connected)), "connections of the subscriber");
  expect(follower.ids.length).toBeLessThan(sessions);
  expect(sending).toBe(true);
  killChild(platform, "control-plane");

  feed.rest();
  expect((await sent).output).toMatch(/9,999 accepted, 1 rejected/);
  // it was sent again, in frames that the hub could not know: process has left it out
  const again = hub.published("ev.").slice(seen).flatMap(idsOf);
  expect(again.length - new Set(again).size).toBeGreaterThan(0);
  // once more while the last results are on their way
  freezeChild(platform, "deliver");
  await until(undelivered, "results that no destination has");
  killChild(platform, "deliver");

  const all = { ...allOnce(expected), subscriber: sessions };
  await eventually(async () => ({ ...(await sessionPlaces(platform)), subscriber: follower.ids.length }), all, 90_000);
  // a silence so long that sessions were taken for complete would show here
  expect(hub.published("dead.")).toEqual([]);
  expect(new Set(follower.ids).size).toBe(sessions);
  expect(follower.gaps).toEqual([]);
  // its own cuts and the control plane's end
  expect(follower.connections).toBeGreaterThan(5);
  await follower.stop();
});

const unprocessed = (): Promise<number> =>
  hub.unfinished("EVENTS", `p-${platform.endpoints.demo.application}-operations-`);
const undelivered = (): Promise<number> => hub.unfinished("RESULTS", "d-");

/** events that the edge has passed through its gate in this life */
async function gatedEvents(): Promise<number> {
  const ports = JSON.parse(readFileSync(join(platform.dataDir, "ports.json"), "utf8")) as Record<string, number>;
  const counters = (await (await fetch(`http://127.0.0.1:${ports["edge-health"]}/metrics`)).json()) as {
    readonly events: { readonly permitted: number };
  };
  return counters.events.permitted;
}

function idsOf({ data }: Published): readonly string[] {
  const { n, envelope } = readEventFrame(data);
  return cells(envelope.$id, n).map(String);
}

/** The log on standard input, so much at a time as the test gives out. */
class Feed {
  readonly input = new PassThrough();
  readonly #lines = readFileSync(LOG, "utf8").split(/(?<=\n)/);
  #next = 0;

  batches(count: number): void {
    const end = this.#next + count * BATCH;
    if (end >= this.#lines.length) throw new Error("the log is too short for that");
    this.input.write(this.#lines.slice(this.#next, end).join(""));
    this.#next = end;
  }

  rest(): void {
    this.input.end(this.#lines.slice(this.#next).join(""));
  }
}

/** Waits until there is some of `what`; a hub that is being started again has no answer yet. */
async function until(probe: () => Promise<number>, what: string): Promise<void> {
  // beyond the hub's wait for an acknowledgement: what a killed owner held may come again as late as that
  const limit = Date.now() + 75_000;
  while (Date.now() < limit) {
    if ((await probe().catch(() => 0)) > 0) return;
    await new Promise((wake) => setTimeout(wake, 5));
  }
  throw new Error(`there were no ${what}`);
}
