import { createHmac, createPublicKey, generateKeyPairSync, sign, type JsonWebKey } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant } from "../test/fixture.ts";
import { startIssuer } from "../test/issuer.ts";
import { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const ME = "{ me { id tenant { id } roles } }";
const codes = async (token: string): Promise<readonly string[]> => (await api.ask(token, ME)).codes;
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The claims of a good token under another header, signed otherwise. */
async function resigned(header: object, signature: (input: string) => string): Promise<string> {
  const good = await api.issuer.token({ tenant: "one", roles: ["owner"], sub: "mallory" });
  expect(await codes(good)).toEqual([]);
  const input = `${base64(header)}.${good.split(".")[1] ?? ""}`;
  return `${input}.${signature(input)}`;
}

async function publishedKey(): Promise<JsonWebKey> {
  const response = await fetch(`${api.issuer.issuer}/protocol/openid-connect/certs`);
  const { keys } = (await response.json()) as { keys: JsonWebKey[] };
  return keys[0] ?? {};
}

test("JWT alg=none", async () => {
  for (const alg of ["none", "None", "NONE", ""]) {
    expect(await codes(await resigned({ alg, typ: "JWT" }, () => ""))).toEqual(["UNAUTHENTICATED"]);
  }
});

test("JWT signed by HMAC with the issuer's public key", async () => {
  const pem = createPublicKey({ key: await publishedKey(), format: "jwk" }).export({ type: "spki", format: "pem" });
  const token = await resigned({ alg: "HS256", typ: "JWT", kid: "k1" }, (input) =>
    createHmac("sha256", pem).update(input).digest("base64url"),
  );
  expect(await codes(token)).toEqual(["UNAUTHENTICATED"]);
});

test("JWT with a key of its own in the header, and with an address of keys", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signature = (input: string): string => sign("sha256", Buffer.from(input), privateKey).toString("base64url");
  const jwk = publicKey.export({ format: "jwk" });
  for (const header of [{ jwk }, { jku: "http://127.0.0.1:1/keys" }, { kid: "../../k1" }, { crit: ["exp"] }]) {
    expect(await codes(await resigned({ alg: "RS256", typ: "JWT", kid: "k1", ...header }, signature))).toEqual([
      "UNAUTHENTICATED",
    ]);
  }
});

test("JWT of the wrong audience", async () => {
  for (const audience of ["account", "o2mc", "o2mc-api-other"]) {
    expect(await codes(await api.issuer.token({ tenant: "one", roles: ["owner"], audience }))).toEqual([
      "UNAUTHENTICATED",
    ]);
  }
});

test("JWT of the wrong realm", async () => {
  const other = await startIssuer();
  expect(await codes(await other.token({ tenant: "one", roles: ["owner"] }))).toEqual(["UNAUTHENTICATED"]);
  other.stop();
  // one server's realms may share a key
  const iss = api.issuer.issuer.replace("/o2mc", "/other");
  expect(await codes(await api.issuer.token({ tenant: "one", roles: ["owner"], iss }))).toEqual(["UNAUTHENTICATED"]);
});

test("JWT of the wrong organization", async () => {
  expect(await codes(await api.issuer.token({ tenant: "two", roles: ["owner"] }))).toEqual(["TENANT_UNKNOWN"]);
  expect(await codes(await api.issuer.token({ tenant: "", roles: ["owner"] }))).toEqual(["TENANT_UNKNOWN"]);
  // nothing that a request says beside its token counts
  const token = await api.issuer.token({ tenant: "two", roles: ["owner"] });
  const response = await fetch(`${api.url}/graphql?tenant=one`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      "x-tenant": "one",
      "x-o2mc-tenant": "one",
      cookie: "tenant=one",
    },
    body: JSON.stringify({ query: ME, variables: { tenant: "one" }, extensions: { tenant: "one" }, tenant: "one" }),
  });
  expect(await response.text()).toContain('"code":"TENANT_UNKNOWN"');
});

test("guessing tokens: the address has to wait, other addresses and requests without a token have not", async () => {
  const own = await startApi({ attempts: new FailedAttempts({ limit: 5 }), exposure: { proxies: 1 } });
  const good = await own.issuer.token({ tenant: "platform", roles: ["operator"] });
  const from = async (address: string, token: string | null): Promise<string> => {
    const response = await fetch(`${own.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        // what a client says of itself comes before what our proxy saw
        "x-forwarded-for": `9.9.9.${Math.floor(Math.random() * 250)}, ${address}`,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: ME }),
    });
    return /"code":"(\w+)"/.exec(await response.text())?.[1] ?? "OK";
  };
  for (let i = 0; i < 5; i++) expect(await from("198.51.100.7", `o2mc_guess${i}`)).toBe("UNAUTHENTICATED");
  expect(await from("198.51.100.7", "o2mc_guess")).toBe("TOO_MANY_ATTEMPTS");
  expect(await from("198.51.100.7", "eyJhbGciOiJub25lIn0.e30.")).toBe("TOO_MANY_ATTEMPTS");
  expect(await from("198.51.100.7", null)).toBe("UNAUTHENTICATED");
  expect(await from("198.51.100.8", good)).toBe("OK");
  await own.stop();
});

test("a token must satisfy both judges: one that ended two seconds ago passes jose's tolerance and not Keycloak's adapter", async () => {
  expect(await codes(await api.issuer.token({ tenant: "one", roles: ["owner"], expiresIn: -2 }))).toEqual([
    "UNAUTHENTICATED",
  ]);
});
