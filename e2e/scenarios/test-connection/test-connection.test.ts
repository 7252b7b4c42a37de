import { beforeAll, expect, test } from "vitest";
import { accessToken, ask } from "../../testkit/api.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";

const TEST = `mutation ($d: ID, $o: DestinationOptionsInput) {
  testDestination(destination: $d, options: $o) { ok code message server milliseconds } }`;

interface Found {
  readonly ok: boolean;
  readonly code: string;
  readonly message: string;
  readonly server: string | null;
  readonly milliseconds: number;
}

let platform: Platform;
let developer: string;
let stored: readonly { id: string; name: string; kind: string; options: Record<string, unknown> }[];

beforeAll(async () => {
  platform = await sharedPlatform();
  developer = await accessToken(platform.endpoints, "dev@demo.example");
  const query = "{ destinations(first: 50) { edges { node { id name kind options } } } }";
  const { destinations } = await ask<{ destinations: { edges: { node: (typeof stored)[number] }[] } }>(
    platform.endpoints,
    developer,
    query,
    {},
  );
  stored = destinations.edges.map(({ node }) => node);
});

const run = async (variables: object): Promise<Found> =>
  (await ask<{ testDestination: Found }>(platform.endpoints, developer, TEST, variables)).testDestination;

test("the demo's destinations can take results; the database tells its version", async () => {
  const answers = new Map<string, Found>();
  for (const { id, kind } of stored) answers.set(kind, await run({ d: id }));
  expect([...answers.keys()].toSorted()).toEqual(["FILE", "POSTGRES", "WEBHOOK"]);
  for (const answer of answers.values()) expect(answer).toMatchObject({ ok: true, code: "OK" });
  expect(answers.get("POSTGRES")?.server).toMatch(/^PostgreSQL \d/);
});

test("options that are not stored: what is wrong is told, and the platform's own network stays closed", async () => {
  const { host, port, database } = stored.find(({ kind }) => kind === "POSTGRES")?.options ?? {};
  const postgres = { host, port, database, user: "nobody", password: "wrong", table: "t", tls: false };
  const codes = [
    await run({ o: { postgres } }),
    await run({ o: { postgres: { ...postgres, host: "169.254.169.254" } } }),
    await run({ o: { postgres: { ...postgres, host: "no-such-host.invalid" } } }),
    await run({ o: { file: { directory: "/etc", format: "CSV" } } }),
  ].map(({ code }) => code);
  expect(codes).toEqual(["LOG_IN", "ADDRESS_REFUSED", "HOST_NOT_FOUND", "FOLDER_REFUSED"]);
});
