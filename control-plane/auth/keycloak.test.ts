import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { KeycloakJudge } from "./keycloak.ts";

const ISSUER = "https://id.example/realms/o2mc";
const judge = new KeycloakJudge(ISSUER, "o2mc-api");
let own: Awaited<ReturnType<typeof generateKeyPair>>;
let foreign: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  own = await generateKeyPair("RS256", { extractable: true });
  foreign = await generateKeyPair("RS256", { extractable: true });
});

interface Claims {
  readonly iss?: string;
  readonly aud?: string | string[];
  readonly typ?: string;
  readonly expiresIn?: number;
}

const token = ({ iss = ISSUER, aud = "o2mc-api", typ = "Bearer", expiresIn = 60 }: Claims = {}, key = own.privateKey) =>
  new SignJWT({ typ, iss, aud, sub: "somebody" })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
    .sign(key);

test("Keycloak's adapter takes a good token, among several audiences too, and by a new key after a rotation", async () => {
  await judge.check(await token(), own.publicKey);
  await judge.check(await token({ aud: ["account", "o2mc-api"] }), own.publicKey);
  await judge.check(await token({}, foreign.privateKey), foreign.publicKey);
  const jwk = await importJWK({ ...(await exportJWK(own.publicKey)), alg: "RS256" });
  await judge.check(await token(), jwk);
});

test.each<[string, Claims, RegExp]>([
  ["another realm's", { iss: "https://id.example/realms/other" }, /ISS/],
  ["another host's", { iss: "https://evil.example/realms/o2mc" }, /ISS/],
  ["another audience's", { aud: "account" }, /audience/],
  ["an ID token", { typ: "ID" }, /type/],
  ["an expired one", { expiresIn: -1 }, /expired/],
])("it refuses %s by itself, whatever jose says", async (_name, claims, reason) => {
  await expect(judge.check(await token(claims), own.publicKey)).rejects.toThrow(reason);
});

test("it refuses a token of another key, a changed one, and what is no token", async () => {
  await expect(judge.check(await token({}, foreign.privateKey), own.publicKey)).rejects.toThrow(/signature/);
  const [header, , signature] = (await token()).split(".");
  const payload = (await token({ aud: ["account", "o2mc-api"] })).split(".")[1];
  await expect(judge.check([header, payload, signature].join("."), own.publicKey)).rejects.toThrow(/signature/);
  for (const text of ["", "x", "a.b.c"]) await expect(judge.check(text, own.publicKey)).rejects.toThrow();
});
