import { beforeAll, expect, test } from "vitest";
import { accessToken, ask } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";

const ROTATE = `mutation ($s: ID!, $u: DateTime) {
  rotateSourceKey(source: $s, oldUntil: $u) { keyId writeKey } }`;
const KEYS = "query ($s: ID!) { source(id: $s) { keys { id lastUsedAt } } }";

let platform: Platform;
let source: OwnSource;
let developer: string;
let sent = 0;

beforeAll(async () => {
  platform = await sharedPlatform();
  source = await ownSource(platform.endpoints, "with keys that end", ["analytics", "operations"]);
  developer = await accessToken(platform.endpoints, "dev@demo.example");
});

async function post(key: string): Promise<string> {
  const body = JSON.stringify(logHit(`key-${sent++}`));
  const answer = await postEvents(platform.endpoints, source.id, key, body);
  return answer.status === 202 ? "202" : `${answer.status} ${String(answer.body["code"])}`;
}

test("an old key ends by itself at its moment, the newer one at once when it is revoked; the use of each is told", async () => {
  const { endpoints } = platform;
  const end = Date.now() + 8_000;
  const { rotateSourceKey: fresh } = await ask<{ rotateSourceKey: { keyId: string; writeKey: string } }>(
    endpoints,
    developer,
    ROTATE,
    { s: source.id, u: new Date(end) },
  );
  await eventually(() => post(fresh.writeKey), "202", 5_000, 0);
  // both, while the old one's time is not over
  expect([await post(source.writeKey), Date.now() < end]).toEqual(["202", true]);
  await new Promise((later) => setTimeout(later, end - Date.now()));
  expect([await post(source.writeKey), await post(fresh.writeKey)]).toEqual(["401 write-key-ended", "202"]);

  const used = async (): Promise<number> => {
    const { source: found } = await ask<{ source: { keys: { lastUsedAt: string | null }[] } }>(
      endpoints,
      developer,
      KEYS,
      { s: source.id },
    );
    return found.keys.filter(({ lastUsedAt }) => lastUsedAt !== null).length;
  };
  await eventually(used, 2, 10_000, 0);

  await ask(endpoints, developer, "mutation ($k: ID!) { revokeSourceKey(key: $k) { id } }", { k: fresh.keyId });
  await eventually(() => post(fresh.writeKey), "401 unauthorized", 5_000, 0);
});
