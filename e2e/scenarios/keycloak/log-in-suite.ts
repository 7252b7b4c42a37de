import type { Places } from "@o2mc/cli/issuer/clients.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "../../../control-plane/auth/actor.ts";
import { OidcVerifier } from "../../../control-plane/auth/oidc.ts";
import { eventually } from "../../testkit/eventually.ts";
import { authorize, browserLogIn, programToken, refresh, signOut } from "../../testkit/log-in.ts";
import { hearSignOuts, type HeardSignOuts } from "./hear-sign-outs.ts";
import type { IssuerUnderTest } from "./issuer-under-test.ts";

const AUDIENCE = "o2mc-api";
const CLIENT = "o2mc-cli";
const CONSOLE_CLIENT = "o2mc-console";
const CONSOLE = "http://127.0.0.1:5998";
const REDIRECT = `${CONSOLE}/callback`;
const CONSOLE_REQUEST = {
  client_id: CONSOLE_CLIENT,
  response_type: "code",
  redirect_uri: REDIRECT,
  scope: "openid",
  state: "s",
  code_challenge: "x".repeat(43),
  code_challenge_method: "S256",
};

const IMPLICIT = /^(unauthorized_client|unsupported_response_type)$/;

/** What the platform relies on at its issuer, whichever that is; every token is judged as the control plane does. */
export function logInSuite(name: string, start: (places: Places) => Promise<IssuerUnderTest>): void {
  describe(name, () => {
    let at: IssuerUnderTest;
    let verifier: OidcVerifier;
    let heard: HeardSignOuts;

    beforeAll(async () => {
      heard = await hearSignOuts((token) => verifier.signOut(token));
      at = await start({ controlPlane: heard.url, console: CONSOLE });
      verifier = new OidcVerifier({
        issuer: at.issuer,
        audience: AUDIENCE,
        clients: [CLIENT, CONSOLE_CLIENT],
        recheckMs: 0,
      });
    }, 600_000);
    afterAll(async () => {
      await at?.stop();
      await heard?.stop();
    });

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

    test("sign-out is told to the control plane, of that session alone, in a token that it takes", async () => {
      const here = await browserLogIn(at.issuer, dev());
      const elsewhere = await browserLogIn(at.issuer, dev());
      const { sid } = claims(here.accessToken);
      expect(sid).toMatch(/./);
      expect(claims(elsewhere.accessToken)["sid"]).not.toBe(sid);
      // as long as it lasts, by a refresh too
      expect(claims(await refresh(at.issuer, here.refreshToken ?? ""))["sid"]).toBe(sid);
      await signOut(at.issuer, here);
      await eventually(() => heard.sessions.includes(String(sid)), true, 10_000);
      expect(heard.sessions).not.toContain(claims(elsewhere.accessToken)["sid"]);
      expect(heard.refused).toEqual([]);
    });

    test("sign-out by an administrator is told too", async ({ skip }) => {
      const { signOutEverywhere } = at;
      if (signOutEverywhere === undefined) return skip("no administrator can do that here");
      const { accessToken } = await browserLogIn(at.issuer, dev());
      await signOutEverywhere("dev@demo.example");
      await eventually(() => heard.sessions.includes(String(claims(accessToken)["sid"])), true, 10_000);
    });

    test("the console's own client: a person logs in by code + PKCE at its exact address", async () => {
      const { accessToken } = await browserLogIn(at.issuer, dev(), { client: CONSOLE_CLIENT, redirectUri: REDIRECT });
      expect(claims(accessToken)).toMatchObject({ azp: CONSOLE_CLIENT });
      expect((await verifier.actor(accessToken)).tenant).toBe("demo");
      expect(await authorize(at.issuer, CONSOLE_REQUEST)).toBe("log-in page");
    });

    test.each<[string, object, RegExp]>([
      ["wrong redirect URI: another origin", { redirect_uri: "https://evil.example/callback" }, /^error page$/],
      ["wrong redirect URI: another port", { redirect_uri: "http://127.0.0.1:5997/callback" }, /^error page$/],
      [
        "wrong redirect URI: another name",
        { redirect_uri: REDIRECT.replace("127.0.0.1", "localhost") },
        /^error page$/,
      ],
      ["wrong redirect URI: a longer path", { redirect_uri: `${REDIRECT}/..` }, /^error page$/],
      ["wrong redirect URI: parameters", { redirect_uri: `${REDIRECT}?next=//evil.example` }, /^error page$/],
      ["wrong redirect URI: a name in front", { redirect_uri: REDIRECT.replace("//", "//evil@") }, /^error page$/],
      ["missing PKCE", { code_challenge: undefined, code_challenge_method: undefined }, /^invalid_request$/],
      ["plain PKCE", { code_challenge_method: "plain" }, /^invalid_request$/],
      ["plain PKCE by saying nothing", { code_challenge_method: undefined }, /^invalid_request$/],
      ["implicit flow", { response_type: "token" }, IMPLICIT],
      ["implicit flow with an ID token", { response_type: "id_token token", nonce: "n" }, IMPLICIT],
      ["hybrid flow", { response_type: "code id_token", nonce: "n" }, IMPLICIT],
    ])("the console's own client, %s: refused", async (_, change, answer) => {
      const asked = Object.entries({ ...CONSOLE_REQUEST, ...change }).filter(([, value]) => value !== undefined);
      expect(await authorize(at.issuer, Object.fromEntries(asked) as Record<string, string>)).toMatch(answer);
    });

    test("the console's own client has no direct grant, and no service account", async () => {
      const { email: username, password } = dev();
      for (const form of [{ grant_type: "password", username, password }, { grant_type: "client_credentials" }]) {
        const response = await fetch(`${at.issuer}/protocol/openid-connect/token`, {
          method: "POST",
          body: new URLSearchParams({ ...form, client_id: CONSOLE_CLIENT } as Record<string, string>),
        });
        expect(await response.json()).toMatchObject({
          error: expect.stringMatching(/^(unauthorized_client|invalid_request)$/),
        });
      }
    });

    test("password guessing: after five wrong passwords the right one is refused too, for that account alone", async () => {
      const target = user("guessed@demo.example");
      const guess = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i++) {
          const wrong = browserLogIn(at.issuer, { ...target, password: `guess ${i}` });
          await expect(wrong).rejects.toThrow("log-in ended at");
        }
      };
      // four are forgiven whoever knows the password after all
      await guess(4);
      await browserLogIn(at.issuer, target);
      await guess(5);
      await expect(browserLogIn(at.issuer, target)).rejects.toThrow("log-in ended at");
      await browserLogIn(at.issuer, dev());
      await at.unlock(target.email);
      await browserLogIn(at.issuer, target);
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
