import { expect, test } from "vitest";
import { startIssuer } from "../test/issuer.ts";
import { OidcVerifier } from "./oidc.ts";

/** What becomes of a token, good for `expiresIn` seconds, of a realm that signs so. */
async function judged(alg: string, expiresIn: number): Promise<string> {
  const realm = await startIssuer(alg);
  const verifier = new OidcVerifier({ issuer: realm.issuer, audience: "o2mc-api", clients: [] });
  try {
    return (await verifier.actor(await realm.token({ tenant: "one", roles: ["owner"], expiresIn }))).tenant;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    realm.stop();
  }
}

test.each(["RS256", "PS256", "ES256", "EdDSA"])("a realm that signs with %s is understood", async (alg) => {
  expect(await judged(alg, 60)).toBe("one");
  expect(await judged(alg, -60)).toBe("UNAUTHENTICATED");
});

test.each(["RS512", "PS512", "ES384"])("a realm that signs with %s, which is on no list, is not", async (alg) => {
  expect(await judged(alg, 60)).toBe("UNAUTHENTICATED");
});

test("RS256 is judged by both, the others by jose alone: the adapter has no tolerance of times", async () => {
  expect(await judged("RS256", -2)).toBe("UNAUTHENTICATED");
  expect(await judged("ES256", -2)).toBe("one");
});
