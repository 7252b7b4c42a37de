import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, graphql } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});

afterAll(async () => {
  await platform?.stop();
});

test("after the owner revokes the source's grant the next events are answered 403, and again 202 after a new grant", async () => {
  const { endpoints } = platform;
  const { source, writeKey } = endpoints.demo;
  const owner = await accessToken(endpoints, "owner@demo.example");
  const status = async (id: string) =>
    (await postEvents(endpoints, source, writeKey, JSON.stringify(logHit(id)))).status;
  expect(await status("before")).toBe(202);

  const developer = await accessToken(endpoints, "dev@demo.example");
  const refused = await graphql(endpoints, developer, "mutation ($s: ID!) { revokeSource(source: $s) { id } }", {
    s: source,
  });
  expect(refused.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");

  const foreign = await accessToken(endpoints, "dev@other.example");
  const unseen = await graphql(endpoints, foreign, "mutation ($s: ID!) { revokeSource(source: $s) { id } }", {
    s: source,
  });
  expect(unseen.errors?.[0]?.extensions?.code).toMatch(/NOT_FOUND|FORBIDDEN/);
  expect(await status("still")).toBe(202);

  const revoked = await graphql(endpoints, owner, "mutation ($s: ID!) { revokeSource(source: $s) { id } }", {
    s: source,
  });
  expect(revoked.errors).toBeUndefined();
  await eventually(() => status(`after-${Date.now()}`), 403, 20_000, 500);

  const granted = await graphql(
    endpoints,
    owner,
    "mutation ($s: ID!, $p: [String!]!) { grantSource(source: $s, purposes: $p) { id } }",
    { s: source, p: ["operations"] },
  );
  expect(granted.errors).toBeUndefined();
  await eventually(() => status(`again-${Date.now()}`), 202, 20_000, 500);
});
