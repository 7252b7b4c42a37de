import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { asSignOuts } from "../db/orm.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant } from "../test/fixture.ts";
import { startIssuer } from "../test/issuer.ts";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const ME = "{ me { id } }";
const MINUTE_MS = 60_000;

let api: TestApi;
/** a second control plane */
let other: TestApi;

beforeAll(async () => {
  // nothing but the logout token ends anything here: this issuer has no userinfo endpoint, and the tokens are good for minutes
  api = await startApi({ tokenRecheckMs: MINUTE_MS });
  other = await startApi({ beside: api, tokenRecheckMs: MINUTE_MS });
  await makeTenant(api, "one");
});

afterAll(async () => {
  await other?.stop();
  await api?.stop();
});

const now = (): number => Math.floor(Date.now() / 1000);
const access = (sub: string, sid?: string): Promise<string> =>
  api.issuer.token({ tenant: "one", roles: ["owner"], sub, ...(sid === undefined ? {} : { sid }) });
const logoutClaims = (own: object): Record<string, unknown> => ({
  iss: api.issuer.issuer,
  aud: "o2mc-cli",
  iat: now(),
  exp: now() + 120,
  jti: randomUUID(),
  events: { [EVENT]: {} },
  ...own,
});

async function post(token: string, to = api): Promise<number> {
  const body = new URLSearchParams({ logout_token: token });
  const response = await fetch(`${to.url}/backchannel-logout`, { method: "POST", body });
  expect(response.headers.get("cache-control")).toBe("no-store");
  const text = await response.text();
  if (!response.ok) expect(text).toContain('"code":"LOGOUT_TOKEN_INVALID"');
  return response.status;
}

const signOut = async (own: object, to = api): Promise<number> => post(await api.issuer.sign(logoutClaims(own)), to);

async function codes(token: string, at = api): Promise<readonly string[]> {
  return (await at.ask(token, ME)).codes;
}

/** A socket that the API has let in; `closed` resolves with its code. */
async function socket(token: string, at = api): Promise<{ closed: Promise<number>; isOpen: () => boolean }> {
  const ws = new WebSocket(`${at.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const closed = new Promise<number>((done) => ws.on("close", done));
  await new Promise<void>((done, fail) => {
    ws.on("open", () =>
      ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } })),
    );
    ws.on("message", () => done());
    ws.on("close", (code) => fail(new Error(`closed ${code}`)));
  });
  return { closed, isOpen: () => ws.readyState === ws.OPEN };
}

test("sign-out of a session: its sockets are closed and its tokens refused, at every control plane; the person's others go on", async () => {
  const [here, elsewhere] = [await access("ann", "s1"), await access("ann", "s2")];
  const open = [await socket(here), await socket(here, other)];
  const stays = [await socket(elsewhere), await socket(elsewhere, other)];
  expect(await signOut({ sub: "ann", sid: "s1" })).toBe(200);
  expect(await codes(here)).toEqual(["UNAUTHENTICATED"]);
  expect(await Promise.all(open.map(({ closed }) => closed))).toEqual([4403, 4403]);
  expect(await codes(here, other)).toEqual(["UNAUTHENTICATED"]);
  await expect(socket(here, other)).rejects.toThrow("closed 4403");
  expect(await codes(elsewhere)).toEqual([]);
  expect(stays.map(({ isOpen }) => isOpen())).toEqual([true, true]);
});

test("sign-out of a person: what they had by then has ended, a later log-in has not, and nobody else's", async () => {
  const [before, others] = [await access("ben", "s3"), await access("bea")];
  const { closed } = await socket(before);
  expect(await signOut({ sub: "ben", iat: now() + 1 })).toBe(200);
  expect(await closed).toBe(4403);
  expect(await codes(before)).toEqual(["UNAUTHENTICATED"]);
  expect(await codes(others)).toEqual([]);
  const claims = { o2mc_tenant: "one", realm_access: { roles: ["owner"] }, typ: "Bearer", aud: "o2mc-api" };
  const later = { iss: api.issuer.issuer, sub: "ben", sid: "s4", iat: now() + 2, exp: now() + 60, ...claims };
  expect(await codes(await api.issuer.sign(later))).toEqual([]);
});

test("a control plane that starts later knows it too", async () => {
  const token = await access("cas", "s5");
  expect(await signOut({ sid: "s5" })).toBe(200);
  const later = await startApi({ beside: api });
  expect(await codes(token, later)).toEqual(["UNAUTHENTICATED"]);
  await later.stop();
});

test("a control plane that was cut off from the database, and so was not notified, knows it as soon as it is back", async () => {
  const token = await access("dan", "s8");
  expect(await codes(token, other)).toEqual([]);
  const owner = new Client(api.database.ownerUrl);
  await owner.connect();
  try {
    await owner.query("begin");
    await owner.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'o2mc-sign_outs' and datname = current_database()",
    );
    await owner.query("select set_config('app.sign_outs', 'on', true)");
    await owner.query("insert into sign_outs (jti, sid, at) values ('untold', 's8', now())");
    await owner.query("commit");
  } finally {
    await owner.end();
  }
  await vi.waitUntil(async () => (await codes(token, other)).includes("UNAUTHENTICATED"), { timeout: 20_000 });
  // and hears again
  const next = await access("dan", "s9");
  const { closed } = await socket(next, other);
  expect(await signOut({ sid: "s9" })).toBe(200);
  expect(await closed).toBe(4403);
});

test("replay: a logout token counts once, whichever control plane it comes to", async () => {
  const token = await api.issuer.sign(logoutClaims({ sid: "s6" }));
  const answers = await Promise.all([post(token), post(token, other), post(token), post(token, other)]);
  expect(answers.sort()).toEqual([200, 400, 400, 400]);
  expect(await post(token)).toBe(400);
});

test.each<[string, object]>([
  ["for another client", { aud: "another-client" }],
  ["for the API itself", { aud: "o2mc-api" }],
  ["for nobody", { aud: undefined }],
  ["of another realm", { iss: "https://id.example/realms/other" }],
  ["that has expired", { iat: now() - 200, exp: now() - 60 }],
  ["that never expires", { exp: undefined }],
  ["without its time", { iat: undefined }],
  ["of yesterday, good for years", { iat: now() - 86_400, exp: now() + 86_400 * 365 }],
  ["from the future", { iat: now() + 3_600, exp: now() + 7_200 }],
  ["without an id", { jti: undefined }],
  ["with an id that the database cannot hold", { jti: "a\u0000b" }],
  ["with a nonce, as an ID token has", { nonce: "n" }],
  ["without events", { events: undefined }],
  ["of another event", { events: { "http://schemas.openid.net/event/other": {} } }],
  ["whose event is no object", { events: { [EVENT]: true } }],
  ["of nobody", { sid: undefined, sub: undefined }],
])("forged sign-out: a logout token %s signs nobody out", async (_, own) => {
  const sid = randomUUID();
  const token = await access("victim", sid);
  expect(await signOut({ sub: "victim", sid, ...own })).toBe(400);
  expect(await codes(token)).toEqual([]);
});

test("forged sign-out: neither another issuer's token, an unsigned one, an access token nor none signs anybody out", async () => {
  const victim = await access("victim", "v2");
  const mallory = await startIssuer();
  const claims = logoutClaims({ sub: "victim", sid: "v2" });
  const good = (await api.issuer.sign(claims)).split(".");
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  for (const token of [await mallory.sign(claims), `${none}.${good[1]}.`, `${good[0]}.${good[1]}.`, victim, "", "x"]) {
    expect(await post(token)).toBe(400);
  }
  mallory.stop();
  const json = await fetch(`${api.url}/backchannel-logout`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ logout_token: good.join(".") }),
  });
  expect(json.status).toBe(400);
  const long = await fetch(`${api.url}/backchannel-logout`, {
    method: "POST",
    body: new URLSearchParams({ logout_token: "x".repeat(100_000) }),
  });
  expect(long.status).toBe(413);
  expect(await long.text()).toContain("longer than 16384 bytes");
  expect(await codes(victim)).toEqual([]);
});

test("what has been stored for a day is forgotten", async () => {
  const count = (): Promise<unknown> =>
    asSignOuts(api.database.orm, (em) => em.execute("select jti from sign_outs where sid = 'old'"));
  await asSignOuts(api.database.orm, (em) =>
    em.execute(
      "insert into sign_outs (jti, sid, at, stored_at) values ('o', 'old', now(), now() - interval '25 hours')",
    ),
  );
  expect(await count()).toHaveLength(1);
  expect(await signOut({ sid: "s7" })).toBe(200);
  expect(await count()).toEqual([]);
});
