import { beforeAll, expect, test } from "vitest";
import { accessToken, subscribe, type OutputRef, type ResultMessage } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { StallingSubscriber } from "./stalling-subscriber.ts";

const BATCH = 500;
const BATCHES = 24;
const EVENTS = BATCH * BATCHES;
/** 12,000 rows of it: 36 MB */
const TITLE_LENGTH = 3_000;
/** what the control plane keeps for one subscriber */
const BUFFER_BYTES = 8 * 1024 ** 2;
/** what Linux keeps at most for one connection, both ends together (tcp_rmem, tcp_wmem) */
const SOCKET_BYTES = 10 * 1024 ** 2;

let platform: Platform;
let source: OwnSource;
let output: OutputRef;
let token: string;

beforeAll(async () => {
  platform = await sharedPlatform();
  const { application, pipelines } = platform.endpoints.demo;
  output = { application, pipeline: pipelines["live"] ?? "", output: "events" };
  source = await ownSource(platform.endpoints, "slow reader", ["analytics"]);
  token = await accessToken(platform.endpoints, "dev@demo.example");
});

test("a subscriber that stops reading gets a bounded rest, then a notice of the gap, and can read the gap by its cursor", async () => {
  const { endpoints } = platform;
  const brisk = new Reader();
  const stopBrisk = subscribe(endpoints, token, output, brisk.take, brisk.fail);
  const slow = new Reader();
  const socket = new StallingSubscriber(endpoints, token, output, slow.take, slow.fail);
  // both are there before the first of the events that count
  await eventually(async () => (await post("first", 1)) && brisk.ids.size > 0 && slow.ids.size > 0, true, 20_000, 0);

  socket.stall();
  for (let batch = 0; batch < BATCHES; batch++) expect(await post(`slow-${batch}`, BATCH)).toBe(true);
  await eventually(() => brisk.rowsOf("slow-").length, EVENTS, 60_000, 0);
  expect(brisk.gaps).toEqual([]);

  socket.goOn();
  const missed = (): number => slow.gaps.reduce((sum, gap) => sum + (gap.missed ?? 0), 0);
  await eventually(() => slow.rowsOf("slow-").length + missed(), EVENTS, 60_000);
  expect(socket.closed).toBeUndefined();
  const [gap] = slow.gaps;
  expect(slow.gaps).toHaveLength(1);
  expect(gap).toMatchObject({ reason: "slow-reader" });
  // what it got all the same is what was held for it, and no more the more it missed
  expect(slow.rowsOf("slow-").length * TITLE_LENGTH).toBeLessThan(BUFFER_BYTES + SOCKET_BYTES);
  expect(missed() * TITLE_LENGTH).toBeGreaterThan(EVENTS * TITLE_LENGTH - BUFFER_BYTES - SOCKET_BYTES);

  // nothing is lost: the hub still holds it
  const again = new Reader();
  const stopAgain = subscribe(endpoints, token, output, again.take, again.fail, { after: gap?.from ?? "none" });
  const all = (): number => new Set([...slow.rowsOf("slow-"), ...again.rowsOf("slow-")]).size;
  await eventually(all, EVENTS, 60_000, 0);
  expect(again.gaps).toEqual([]);
  expect([...brisk.problems, ...slow.problems, ...again.problems]).toEqual([]);
  socket.close();
  await Promise.all([stopBrisk(), stopAgain()]);
});

/** What one subscriber has seen. */
class Reader {
  readonly ids = new Set<string>();
  readonly gaps: (ResultMessage & { readonly __typename: "ResultGap" })[] = [];
  readonly problems: unknown[] = [];

  readonly take = (message: ResultMessage): void => {
    if (message.__typename === "ResultGap") this.gaps.push(message);
    else for (const row of message.rows) this.ids.add(String(row["id"]));
  };

  readonly fail = (problem: unknown): void => {
    this.problems.push(problem);
  };

  rowsOf(prefix: string): readonly string[] {
    return [...this.ids].filter((id) => id.includes(prefix));
  }
}

async function post(prefix: string, count: number): Promise<boolean> {
  const now = Date.now().toString(36);
  const events = Array.from({ length: count }, (_, i) => ({
    ...logHit(`${prefix}-${i}-${now}`),
    subject: `slow-reader-${i % 100}`,
    // a frame holds a text that repeats only once
    data: { page: { path: "/", title: `${prefix}-${i}`.padEnd(TITLE_LENGTH, "t") } },
  }));
  const { status } = await postEvents(platform.endpoints, source.id, source.writeKey, JSON.stringify(events));
  return status === 202;
}
