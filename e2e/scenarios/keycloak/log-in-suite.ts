import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "../../../control-plane/auth/actor.ts";
import { OidcVerifier } from "../../../control-plane/auth/oidc.ts";
import { browserLogIn, programToken, refresh, signOut } from "../../testkit/log-in.ts";
import type { IssuerUnderTest } from "./issuer-under-test.ts";

const AUDIENCE = "o2mc-api";
const CLIENT = "o2mc-cli";

/** What the platform relies on at its issuer, whichever that is; every token is judged as the control plane does. */
export function logInSuite(name: string, start: () => Promise<IssuerUnderTest>): void {
  describe(name, () => {
    let at: IssuerUnderTest;
    let verifier: OidcVerifier;

    beforeAll(async () => {
      at = await start();
      verifier = new OidcVerifier({ issuer: at.issuer, audience: AUDIENCE, clients: [CLIENT], recheckMs: 0 });
    }, 600_000);
    afterAll(() => at?.stop());

    const user = (email: string): { email: string; password: string } => {
      const found = at.users.find((each) => each.email === email);
      if (found === undefined) throw new Error(`no user ${email}`);
      return found;
    };
    const dev = (): { email: string; password: string } => user("dev@demo.example");
    const refusal = (actor: Promise<Person>): Promise<string> =>
      actor.then(
        () => "accepted",
        (error: { code?: string; message: string }) => error.code ?? error.message,
      );

    test("code + PKCE: a person has their roles, their tenant and an id that stays", async () => {
      // one after the other: Keycloak takes two at once for somebody who guesses passwords
      const first = await browserLogIn(at.issuer, dev());
      const second = await browserLogIn(at.issuer, dev());
      const person = await verifier.actor(first.accessToken);
      expect(person).toMatchObject({ kind: "person", tenant: "demo", email: "dev@demo.example" });
      expect([...person.roles].sort()).toEqual(["analyst", "developer"]);
      expect((await verifier.actor(second.accessToken)).id).toBe(person.id);
      expect(person.expiresAt).toBeGreaterThan(Date.now());
    });

    test("a code without the verifier that it was asked with gives no token", async () => {
      await expect(browserLogIn(at.issuer, dev(), { verifier: "x".repeat(43) })).rejects.toThrow("invalid_grant");
    });

    test("an authorization request without PKCE is refused", async () => {
      await expect(browserLogIn(at.issuer, dev(), { challenge: false })).rejects.toThrow(/no log-in page/);
    });

    test("a wrong password gives no code", async () => {
      await expect(browserLogIn(at.issuer, { ...dev(), password: "wrong" })).rejects.toThrow(/log-in ended at/);
    });

    test("client credentials: a program has its roles and its tenant, and no secret no token", async () => {
      expect(await verifier.actor(await programToken(at, at.program))).toMatchObject({
        tenant: "demo",
        roles: ["developer"],
      });
      await expect(programToken(at, { ...at.program, secret: "wrong" })).rejects.toThrow(/invalid_client|unauthorized/);
    });

    test("organization: asked for, it names the tenant", async () => {
      const { accessToken } = await browserLogIn(at.issuer, dev(), { scope: "openid email organization" });
      expect(claims(accessToken)["organization"]).toEqual(["demo"]);
      expect((await verifier.actor(accessToken)).tenant).toBe("demo");
    });

    test("wrong organization: a member of another one gets nowhere by their attribute", async () => {
      const scope = "openid email organization";
      const { accessToken } = await browserLogIn(at.issuer, user("stray@demo.example"), { scope });
      expect(claims(accessToken)).toMatchObject({ organization: ["other"], o2mc_tenant: "demo" });
      expect(await refusal(verifier.actor(accessToken))).toBe("TENANT_UNKNOWN");
    });

    test("wrong audience: neither an ID token nor a token for somebody else", async () => {
      const { accessToken, idToken } = await browserLogIn(at.issuer, dev());
      expect(await refusal(verifier.actor(idToken))).toBe("UNAUTHENTICATED");
      const other = new OidcVerifier({ issuer: at.issuer, audience: "another-api", clients: [CLIENT] });
      expect(await refusal(other.actor(accessToken))).toBe("UNAUTHENTICATED");
    });

    test("wrong realm: another realm's keys and name do not fit", async () => {
      const { accessToken } = await browserLogIn(at.issuer, dev());
      const other = new OidcVerifier({ issuer: at.otherIssuer, audience: AUDIENCE, clients: [CLIENT] });
      expect(await refusal(other.actor(accessToken))).toBe("UNAUTHENTICATED");
    });

    test("sign-out: the tokens of that session end, those of another one do not", async () => {
      const here = await browserLogIn(at.issuer, dev());
      const elsewhere = await browserLogIn(at.issuer, dev());
      expect(await refusal(verifier.actor(here.accessToken))).toBe("accepted");
      await signOut(at.issuer, here);
      expect(await refusal(verifier.actor(here.accessToken))).toBe("UNAUTHENTICATED");
      await expect(refresh(at.issuer, here.refreshToken ?? "")).rejects.toThrow("invalid_grant");
      expect(await refusal(verifier.actor(elsewhere.accessToken))).toBe("accepted");
      expect(await refresh(at.issuer, elsewhere.refreshToken ?? "")).toMatch(/^ey/);
    });

    test("mass-assigned tenant: a person cannot give themselves another one at the issuer", async ({ skip }) => {
      const { setOwnTenant } = at;
      if (setOwnTenant === undefined) return skip("people can change nothing of themselves here");
      const { accessToken } = await browserLogIn(at.issuer, dev());
      await setOwnTenant(accessToken, "other");
      const again = await browserLogIn(at.issuer, dev());
      expect((await verifier.actor(again.accessToken)).tenant).toBe("demo");
    });

    test("disabled user: the tokens end, and no others are given", async () => {
      const leaver = user("leaver@demo.example");
      const { accessToken, refreshToken } = await browserLogIn(at.issuer, leaver);
      expect(await refusal(verifier.actor(accessToken))).toBe("accepted");
      await at.disable(leaver.email);
      expect(await refusal(verifier.actor(accessToken))).toBe("UNAUTHENTICATED");
      await expect(refresh(at.issuer, refreshToken ?? "")).rejects.toThrow("invalid_grant");
      await expect(browserLogIn(at.issuer, leaver)).rejects.toThrow(/log-in ended at|no log-in page/);
    });
  });
}

const claims = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
