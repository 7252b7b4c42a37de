import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, ask, graphql, subscribe } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { openTenantHub, type TenantHub } from "../../testkit/tenant-hub.ts";

const REVOKE = "mutation ($s: ID!) { revokeSource(source: $s) { id } }";
const GRANT = "mutation ($s: ID!, $p: [String!]!) { grantSource(source: $s, purposes: $p) { id } }";

let platform: Platform;
let source: OwnSource;
let hub: TenantHub;

beforeAll(async () => {
  platform = await sharedPlatform();
  source = await ownSource(platform.endpoints, "revoked by its owner", ["analytics", "operations"]);
  hub = await openTenantHub(platform, platform.endpoints.demo.tenant);
});

afterAll(() => hub?.close());

test("nobody but the owner of the data may revoke", async () => {
  const { endpoints } = platform;
  const developer = await accessToken(endpoints, "dev@demo.example");
  const refused = await graphql(endpoints, developer, REVOKE, { s: source.id });
  expect(refused.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  const foreign = await accessToken(endpoints, "dev@other.example");
  const unseen = await graphql(endpoints, foreign, REVOKE, { s: source.id });
  expect(unseen.errors?.[0]?.extensions?.code).toBe("NOT_FOUND");
  expect(await post("still")).toBe(202);
});

test("after the owner revokes, events are answered 403 and none reaches the hub; after a new grant they do again", async () => {
  const { endpoints } = platform;
  const owner = await accessToken(endpoints, "owner@demo.example");
  const { application, pipelines } = endpoints.demo;
  const rows: unknown[] = [];
  const problems: unknown[] = [];
  const unsubscribe = subscribe(
    endpoints,
    owner,
    { application, pipeline: pipelines["live"] ?? "", output: "events" },
    (message) => rows.push(message),
    (error) => problems.push(error),
  );
  // what watches does see frames and rows of what is permitted; the subscription may be a moment younger than the first
  const seen = async (): Promise<boolean> =>
    (await post(`before-${Date.now()}`)) === 202 && frames("before-") > 0 && rows.length > 0;
  await eventually(seen, true, 60_000, 0);

  await ask(endpoints, owner, REVOKE, { s: source.id });
  await eventually(() => post(`turning-${Date.now()}`), 403, 20_000, 0);
  // what came in until then is through
  await unchanged(() => rows.length);
  const before = { ...(await hub.events()), frames: frames(""), ticks: ticks(), rows: rows.length };

  for (let i = 0; i < 20; i++) expect(await post(`after-${i}`)).toBe(403);
  const many = JSON.stringify(Array.from({ length: 500 }, (_, i) => logHit(`after-batch-${i}`)));
  expect((await postEvents(endpoints, source.id, source.writeKey, many)).status).toBe(403);
  // far longer than an event takes through the platform
  await new Promise((wake) => setTimeout(wake, 3_000));
  const after = await hub.events();
  expect(frames("")).toBe(before.frames);
  expect(hub.published("").filter(({ text }) => text.includes("after-"))).toEqual([]);
  expect(after.lastSeq - before.lastSeq).toBe(ticks() - before.ticks);
  expect(rows.length).toBe(before.rows);

  await ask(endpoints, owner, GRANT, { s: source.id, p: ["analytics", "operations"] });
  await eventually(() => post(`again-${Date.now()}`), 202, 20_000, 0);
  await eventually(() => [frames("again-") > 0, rows.length > before.rows], [true, true], 60_000, 0);
  expect(problems).toEqual([]);
  await unsubscribe();
});

/** Ticks are always under way while a session is open, so what is unacknowledged tells nothing. */
async function unchanged(count: () => number): Promise<void> {
  for (let known = -1; known !== count();) {
    known = count();
    await new Promise((wake) => setTimeout(wake, 3_000));
  }
}

const post = async (id: string): Promise<number> =>
  (await postEvents(platform.endpoints, source.id, source.writeKey, JSON.stringify(logHit(id)))).status;

/** event frames in the hub that hold `text` */
const frames = (text: string): number => hub.published("ev.").filter((frame) => frame.text.includes(text)).length;
const ticks = (): number => hub.published("tick.").length;
