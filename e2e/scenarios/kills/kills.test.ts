import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../testkit/eventually.ts";
import { killChild } from "../../testkit/kill.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { allOnce, sessionPlaces } from "../../testkit/session-places.ts";
import { sharedFile } from "../../testkit/shared.ts";
import { countSessions } from "../access-log/count-sessions.ts";

const LOG = sharedFile("apache_access.log");

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});

afterAll(async () => {
  await platform?.stop();
});

test("kill -9 of process, then nats-server, then deliver, in the middle: every session in each place once", async () => {
  const sending = platform.o2mc(["send", LOG, "--format", "combined"]);
  for (const name of ["process", "nats", "deliver"]) {
    await sleep(600);
    killChild(platform, name);
  }
  const sent = await sending;
  expect(sent.output).toMatch(/9,999 accepted, 1 rejected/);
  // once more while results are on their way
  killChild(platform, "deliver");
  const { sessions, longest } = countSessions(LOG);
  await eventually(() => sessionPlaces(platform), allOnce(sessions, longest), 150_000);
});
