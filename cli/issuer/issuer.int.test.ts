import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import type { Server } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { createLogger } from "@o2mc/runtime/log.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newRealm, parseRealm } from "./realm.ts";
import { createIssuer } from "./server.ts";

const made = newRealm(
  [{ email: "dev@demo.example", roles: ["developer"], tenant: "demo" }],
  [{ id: "demo-program", roles: ["analyst"], tenant: "demo" }],
);
const PLACES = { controlPlane: "http://127.0.0.1:1", console: "http://127.0.0.1:2" };
const realm = parseRealm(JSON.stringify(made));
const [user] = realm.users;
let server: Server;
let issuer: string;

beforeAll(async () => {
  const port = await freePort();
  server = createIssuer(realm, `http://127.0.0.1:${port}`, PLACES, createLogger("issuer", "silent"));
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  issuer = `http://127.0.0.1:${port}/realms/o2mc`;
});

afterAll(() => new Promise((done) => server.close(done)));

test("the password grant gives a token with Keycloak's claims, signed by a published key", async () => {
  const answer = await token({
    grant_type: "password",
    client_id: "o2mc-cli",
    username: "dev@demo.example",
    password: user?.password ?? "",
    scope: "openid",
  });
  expect(answer.status).toBe(200);
  expect(answer.body["token_type"]).toBe("Bearer");
  const claims = await verified(answer.body["access_token"]);
  expect(claims).toMatchObject({
    iss: issuer,
    sub: user?.id,
    aud: "o2mc-api",
    typ: "Bearer",
    azp: "o2mc-cli",
    email: "dev@demo.example",
    o2mc_tenant: "demo",
    realm_access: { roles: ["developer"] },
  });
});

test("a wrong password and an unknown user get the same refusal", async () => {
  for (const [username, password] of [
    ["dev@demo.example", "wrong"],
    ["nobody@demo.example", "wrong"],
    ["nobody@demo.example", ""],
  ] as const) {
    const answer = await token({ grant_type: "password", client_id: "o2mc-cli", username, password });
    expect([answer.status, answer.body["error"]]).toEqual([400, "invalid_grant"]);
  }
});

test("client credentials give a program a token of its own tenant", async () => {
  const [program] = realm.programs;
  const answer = await token({
    grant_type: "client_credentials",
    client_id: "demo-program",
    client_secret: program?.secret ?? "",
  });
  expect(answer.status).toBe(200);
  expect(await verified(answer.body["access_token"])).toMatchObject({
    sub: "demo-program",
    aud: "o2mc-api",
    typ: "Bearer",
    o2mc_tenant: "demo",
    realm_access: { roles: ["analyst"] },
  });
  const wrong = await token({ grant_type: "client_credentials", client_id: "demo-program", client_secret: "wrong" });
  expect(wrong.status).toBe(401);
});

test("a person logs in by authorization code with PKCE on the log-in page", async () => {
  const jar = new Map<string, string>();
  const verifier = randomBytes(32).toString("base64url");
  const redirectUri = "http://127.0.0.1:5999/callback";
  const query = new URLSearchParams({
    client_id: "o2mc-cli",
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid email",
    state: "s1",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const login = await browse(jar, `${issuer}/protocol/openid-connect/auth?${query.toString()}`);
  expect(login.url).toContain("/realms/o2mc/login/");
  expect(login.text).toContain('type="password"');

  const refused = await browse(jar, login.url, { email: "dev@demo.example", password: "wrong" });
  expect(refused.text).toContain("E-mail or password is wrong.");

  const back = await browse(jar, login.url, { email: "dev@demo.example", password: user?.password ?? "" });
  const callback = new URL(back.url);
  expect(`${callback.origin}${callback.pathname}`).toBe(redirectUri);
  expect(callback.searchParams.get("state")).toBe("s1");

  const exchange = {
    grant_type: "authorization_code",
    client_id: "o2mc-cli",
    code: callback.searchParams.get("code") ?? "",
    redirect_uri: redirectUri,
  };
  const answer = await token({ ...exchange, code_verifier: verifier });
  expect(answer.status).toBe(200);
  const claims = await verified(answer.body["access_token"]);
  expect(claims).toMatchObject({ sub: user?.id, aud: "o2mc-api", typ: "Bearer", o2mc_tenant: "demo" });
  expect(await verified(answer.body["id_token"])).toMatchObject({ sub: user?.id, aud: "o2mc-cli" });

  const info = await fetch(`${issuer}/protocol/openid-connect/userinfo`, {
    headers: { authorization: `Bearer ${String(answer.body["access_token"])}` },
  });
  expect(await info.json()).toMatchObject({ sub: user?.id, email: "dev@demo.example" });
});

test("a code without PKCE is refused", async () => {
  const query = "client_id=o2mc-cli&response_type=code&redirect_uri=http://127.0.0.1:5999/callback&scope=openid";
  const answer = await browse(new Map(), `${issuer}/protocol/openid-connect/auth?${query}`);
  expect(new URL(answer.url).searchParams.get("error")).toBe("invalid_request");
});

test("userinfo refuses a token that we have not signed", async () => {
  const forged = `${encode({ alg: "RS256", kid: realm.keys[0]?.kid })}.${encode({ sub: user?.id, iss: issuer, aud: "o2mc-api", exp: 9e9 })}.AAAA`;
  const answer = await fetch(`${issuer}/protocol/openid-connect/userinfo`, {
    headers: { authorization: `Bearer ${forged}` },
  });
  expect(answer.status).toBe(401);
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

async function token(form: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The token's claims, after checking its signature by the keys that discovery leads to. */
async function verified(jwt: unknown): Promise<unknown> {
  const discovery = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as { jwks_uri: string };
  expect(discovery.jwks_uri).toBe(`${issuer}/protocol/openid-connect/certs`);
  const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { keys: { kid: string }[] };
  const [header = "", payload = "", signature = ""] = String(jwt).split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string };
  const key = keys.find((each) => each.kid === kid);
  const signed = Buffer.from(`${header}.${payload}`);
  const publicKey = createPublicKey({ key: key ?? {}, format: "jwk" });
  expect(verify("sha256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

/** Follows redirects within the issuer, with cookies, like a browser; stops at the first address outside. */
async function browse(
  jar: Map<string, string>,
  start: string,
  form?: Record<string, string>,
): Promise<{ url: string; text: string }> {
  let url = start;
  let body = form === undefined ? undefined : new URLSearchParams(form);
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(body === undefined ? {} : { method: "POST", body }),
    });
    body = undefined;
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      jar.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) return { url, text: await response.text() };
    url = new URL(location, url).href;
    if (!url.startsWith(issuer)) return { url, text: "" };
  }
  throw new Error("too many redirects");
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
