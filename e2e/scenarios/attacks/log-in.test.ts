import { afterEach, beforeEach, expect, test } from "vitest";
import { browserLogIn, programToken } from "../../testkit/log-in.ts";
import { startDevelopmentIssuer } from "../keycloak/development-issuer.ts";
import type { IssuerUnderTest } from "../keycloak/issuer-under-test.ts";

/** At the development issuer; Keycloak's walls are shown by `../keycloak`, what is in front of it is not ours. */
let at: IssuerUnderTest;

beforeEach(async () => {
  at = await startDevelopmentIssuer();
});
afterEach(() => at.stop());

const ACCOUNT_LIMIT = 5;
const ADDRESS_LIMIT = 50;
/** status, error, seconds of `Retry-After` */
type Answer = readonly [number, string | undefined, boolean];
const TOO_MANY: Answer = [429, "temporarily_unavailable", true];

async function post(path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const body = new URLSearchParams(form);
  const response = await fetch(`${at.issuer}${path}`, { method: "POST", body });
  const { error } = JSON.parse((await response.text()) || "{}") as { error?: string };
  return [response.status, error, Number(response.headers.get("retry-after")) > 0];
}

const TOKEN = "/protocol/openid-connect/token";
const byPassword = (username: string, password: string): Promise<Answer> =>
  post(TOKEN, { grant_type: "password", client_id: "o2mc-cli", username, password });

function person(): { readonly email: string; readonly password: string } {
  const [dev] = at.users;
  if (dev === undefined) throw new Error("nobody is there");
  return dev;
}

test("password guessing: an account that was guessed at is closed to the right password too, on the page and for scripts", async () => {
  const { email, password } = person();
  expect(await byPassword(email, password)).toEqual([200, undefined, false]);
  for (let i = 0; i < ACCOUNT_LIMIT; i++) {
    // half of them on the page: both are counted as one
    if (i % 2 === 0) expect(await byPassword(email, `guess ${i}`)).toEqual([400, "invalid_grant", false]);
    else await expect(browserLogIn(at.issuer, { email, password: "guess" })).rejects.toThrow("log-in ended at");
  }
  // however it is written
  for (const name of [email, email.toUpperCase(), ` ${email}`])
    expect(await byPassword(name, password)).toEqual(TOO_MANY);
  await expect(browserLogIn(at.issuer, { email, password })).rejects.toThrow("log-in ended at");
  const [, other] = at.users;
  expect((await byPassword(other?.email ?? "", other?.password ?? ""))[0]).toBe(200);
});

test("password guessing: an account that does not exist is answered as one that does", async () => {
  for (let i = 0; i < ACCOUNT_LIMIT; i++) {
    expect(await byPassword("nobody@demo.example", `guess ${i}`)).toEqual([400, "invalid_grant", false]);
  }
  expect(await byPassword("nobody@demo.example", "guess")).toEqual(TOO_MANY);
});

test("password guessing: an address that tries one password on many accounts has to wait, whatever it comes with", async () => {
  for (let i = 0; i < ADDRESS_LIMIT; i++) {
    const guess = { email: `person${i}@demo.example`, password: "Summer2026" };
    // some on the page: they count as much
    if (i % 10 === 0) await expect(browserLogIn(at.issuer, guess)).rejects.toThrow("log-in ended at");
    else expect(await byPassword(guess.email, guess.password)).toEqual([400, "invalid_grant", false]);
  }
  const { email, password } = person();
  expect(await byPassword(email, password)).toEqual(TOO_MANY);
  await expect(programToken(at, at.program)).rejects.toThrow("temporarily_unavailable");
  expect(await post("/login/anything", { email, password })).toEqual(TOO_MANY);
});

test.each<[string, string, (id: string) => Readonly<Record<string, string>>, Answer]>([
  ["secrets of a program", TOKEN, (id) => ({ client_id: id, client_secret: "x" }), [401, "invalid_client", false]],
  ["codes", TOKEN, () => ({ grant_type: "authorization_code", client_id: "o2mc-cli" }), [400, "invalid_grant", false]],
  [
    "refresh tokens",
    TOKEN,
    () => ({ grant_type: "refresh_token", client_id: "o2mc-cli" }),
    [400, "invalid_grant", false],
  ],
  [
    "secrets, where tokens are looked at",
    `${TOKEN}/introspect`,
    (id) => ({ client_id: id, client_secret: "x", token: "x" }),
    [401, "invalid_client", false],
  ],
  [
    "secrets, where tokens are revoked",
    "/protocol/openid-connect/revoke",
    (id) => ({ client_id: id, client_secret: "x", token: "x" }),
    [401, "invalid_client", false],
  ],
])("token guessing: %s: the address has to wait", async (_, path, form, refused) => {
  const guess = {
    grant_type: "client_credentials",
    code: "x",
    code_verifier: "x".repeat(43),
    redirect_uri: "http://127.0.0.1:5999/callback",
    refresh_token: "x",
    ...form(at.program.id),
  };
  expect(await programToken(at, at.program)).toMatch(/^ey/);
  for (let i = 0; i < ADDRESS_LIMIT; i++) expect(await post(path, guess)).toEqual(refused);
  expect(await post(path, guess)).toEqual(TOO_MANY);
  await expect(programToken(at, at.program)).rejects.toThrow("temporarily_unavailable");
});
