import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, subscribe } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { allOnce, sessionPlaces } from "../../testkit/session-places.ts";
import { sharedFile } from "../../testkit/shared.ts";
import { countSessions } from "./count-sessions.ts";

const LOG = sharedFile("apache_access.log");
const expected = countSessions(LOG);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});

afterAll(async () => {
  await platform?.stop();
});

test("the independent count is the one that the issue names", () => {
  expect(expected).toEqual({ hits: 9999, visitors: 1753, sessions: 3052, longest: 108 });
});

test("a real access log becomes the same sessions in PostgreSQL, file, webhook and subscription, each once", async () => {
  const { endpoints } = platform;
  const token = await accessToken(endpoints, "dev@demo.example");
  const seen: string[] = [];
  const problems: unknown[] = [];
  const unsubscribe = subscribe(
    endpoints,
    token,
    { application: endpoints.demo.application, pipeline: pipelineId("log-sessions"), output: "sessions" },
    (message) => {
      if (message.__typename === "ResultRows") seen.push(...message.rows.map((row) => String(row["id"])));
      else problems.push(message);
    },
    (error) => problems.push(error),
  );

  const sent = await platform.o2mc(["send", LOG, "--format", "combined"]);
  expect(sent.output).toMatch(/9,?999/);
  expect(sent.output).toMatch(/\b8,?899\b/);

  const all = { ...allOnce(expected), subscriber: expected.sessions };
  await eventually(async () => ({ ...(await sessionPlaces(platform)), subscriber: seen.length }), all, 90_000);
  expect(problems).toEqual([]);
  expect(new Set(seen).size).toBe(expected.sessions);
  await unsubscribe();
});

function pipelineId(name: string): string {
  const id = platform.endpoints.demo.pipelines[name];
  if (id === undefined) throw new Error(`the demo has no pipeline ${name}`);
  return id;
}
