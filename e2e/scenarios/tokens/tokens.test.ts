import { beforeAll, expect, test } from "vitest";
import {
  accessToken,
  ask,
  graphql,
  RESULTS,
  subscribe,
  type OutputRef,
  type ResultMessage,
} from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { logIn, programToken } from "../../testkit/log-in.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform, User } from "../../testkit/platform.ts";
import { rawSubscription } from "../../testkit/raw-subscription.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";

/** what graphql-ws's protocol closes with when the token is none (any more) */
const FORBIDDEN = 4403;
/** the control plane looks a machine token up again every few seconds */
const RECHECK_MS = 10_000;

let platform: Platform;
let source: OwnSource;
let output: OutputRef;

beforeAll(async () => {
  platform = await sharedPlatform();
  const { application, pipelines } = platform.endpoints.demo;
  output = { application, pipeline: pipelines["live"] ?? "", output: "events" };
  source = await ownSource(platform.endpoints, "tokens", ["analytics"]);
});

test("a person logs in on the issuer's page by authorization code with PKCE, and uses the API as who they are", async () => {
  const { endpoints } = platform;
  const token = await logIn(endpoints, user("analyst@demo.example"));
  const { me } = await ask<{ me: object }>(endpoints, token, "{ me { name roles tenant { id } } }");
  expect(me).toEqual({ name: "analyst@demo.example", roles: ["analyst"], tenant: { id: "demo" } });
  const write = await graphql(
    endpoints,
    token,
    `
      mutation {
        createApplication(name: "x", slug: "x") {
          id
        }
      }
    `,
  );
  expect(write.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  const open = listen(token);
  await seesNextEvent(open);
  await open.stop();
  await expect(logIn(endpoints, { ...user("analyst@demo.example"), password: "wrong" })).rejects.toThrow(
    "log-in ended",
  );
});

test("a program gets a token of its own tenant by client credentials, and subscribes with it", async () => {
  const { endpoints } = platform;
  const [program] = endpoints.programs;
  if (program === undefined) throw new Error("the demo has no program");
  const token = await programToken(endpoints, program);
  const { me } = await ask<{ me: { tenant: { id: string } } }>(endpoints, token, "{ me { tenant { id } } }");
  expect(me.tenant.id).toBe("demo");
  const approve = "mutation ($pipeline: ID!) { approvePipeline(pipeline: $pipeline) { id } }";
  const refused = await graphql(endpoints, token, approve, output);
  expect(refused.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  const open = listen(token);
  await seesNextEvent(open);
  await open.stop();
  await expect(programToken(endpoints, { ...program, secret: "wrong" })).rejects.toThrow("invalid_client");
});

test("a machine token does what its scopes hold, and nothing else", async () => {
  const { endpoints } = platform;
  const subscriber = await machineToken(["result.subscribe"]);
  const open = listen(subscriber.secret);
  await seesNextEvent(open);
  await open.stop();
  for (const query of [
    "{ applications { edges { node { id } } } }",
    `{ deadLetters(application: "${output.application}") { code } }`,
    "{ machineTokens { edges { node { id } } } }",
    `mutation { createApplication(name: "x", slug: "x") { id } }`,
    `mutation { revokeSource(source: "${source.id}") { id } }`,
  ]) {
    const answer = await graphql(endpoints, subscriber.secret, query);
    expect([query, answer.errors?.[0]?.extensions?.code]).toEqual([query, "FORBIDDEN"]);
  }
  const reader = await machineToken(["application.read"]);
  expect(
    (await graphql(endpoints, reader.secret, "{ applications { edges { node { id } } } }")).errors,
  ).toBeUndefined();
  const said = await rawSubscription(endpoints, reader.secret, RESULTS, { output }, 5_000);
  expect(said.join("\n")).toContain('"code":"FORBIDDEN"');
  expect(said.join("\n")).not.toContain('"rows"');
});

test("a machine token's open subscription is closed when the token is revoked, and no new one is opened", async () => {
  const { endpoints } = platform;
  const token = await machineToken(["result.subscribe"]);
  const open = listen(token.secret);
  await seesNextEvent(open);
  const revoke = "mutation ($id: ID!) { revokeMachineToken(token: $id) { id } }";
  await ask(endpoints, await accessToken(endpoints, "dev@demo.example"), revoke, { id: token.id });
  await eventually(() => open.closed(), FORBIDDEN, 2 * RECHECK_MS, 0);
  const rows = open.rows();
  await postEvents(endpoints, source.id, source.writeKey, JSON.stringify(logHit("after-revocation")));
  const again = await rawSubscription(endpoints, token.secret, RESULTS, { output }, 5_000);
  expect(again).toEqual([`closed ${FORBIDDEN}`]);
  expect(open.rows()).toBe(rows);
  await open.stop();
});

test("an open subscription is closed when its token expires, and no new one is opened", async () => {
  const { endpoints } = platform;
  const lifetimeMs = 4_000;
  const token = await machineToken(["result.subscribe"], lifetimeMs);
  const open = listen(token.secret);
  await seesNextEvent(open);
  // well before the next look-up
  await eventually(() => open.closed(), FORBIDDEN, lifetimeMs + 3_000, 0);
  expect(await rawSubscription(endpoints, token.secret, RESULTS, { output }, 5_000)).toEqual([`closed ${FORBIDDEN}`]);
  const answer = await graphql(endpoints, token.secret, "{ me { id } }");
  expect(answer.errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
  await open.stop();
});

function user(email: string): User {
  const found = platform.endpoints.users.find((each) => each.email === email);
  if (found === undefined) throw new Error(`no ${email}`);
  return found;
}

async function machineToken(
  scopes: readonly string[],
  lifetimeMs = 3_600_000,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { endpoints } = platform;
  const { createMachineToken: made } = await ask<{
    createMachineToken: { secret: string; machineToken: { id: string } };
  }>(
    endpoints,
    await accessToken(endpoints, "dev@demo.example"),
    `mutation ($scopes: [String!]!, $expiresAt: DateTime!) {
      createMachineToken(name: "tokens scenario", scopes: $scopes, expiresAt: $expiresAt) { secret machineToken { id } } }`,
    { scopes, expiresAt: new Date(Date.now() + lifetimeMs) },
  );
  return { id: made.machineToken.id, secret: made.secret };
}

interface Listening {
  rows(): number;
  /** the code that the socket was closed with */
  closed(): number | undefined;
  stop(): Promise<void>;
}

function listen(token: string): Listening {
  const messages: ResultMessage[] = [];
  let code: number | undefined;
  const stop = subscribe(
    platform.endpoints,
    token,
    output,
    (message) => messages.push(message),
    () => undefined,
    { onClosed: (by) => (code = by) },
  );
  return { rows: () => messages.length, closed: () => code, stop };
}

/** Sends events until one arrives: the subscription may be a moment younger than the first. */
async function seesNextEvent(open: Listening): Promise<void> {
  const before = open.rows();
  let sent = 0;
  const arrived = async (): Promise<boolean> => {
    const body = JSON.stringify(logHit(`tokens-${Date.now()}-${sent++}`));
    await postEvents(platform.endpoints, source.id, source.writeKey, body);
    return open.rows() > before;
  };
  await eventually(arrived, true, 3_000, 0);
}
