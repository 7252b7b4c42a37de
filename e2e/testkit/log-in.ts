import { createHash, randomBytes } from "node:crypto";
import type { Endpoints, User } from "./platform.ts";

const CLIENT = "o2mc-cli";
const REDIRECT = "http://127.0.0.1:5999/callback";

export interface LogIn {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string;
  /** of the browser, at the issuer */
  readonly cookies: Cookies;
}

type Cookies = Map<string, string>;

interface LogInOptions {
  readonly scope?: string;
  /** sent with the code instead of the right one */
  readonly verifier?: string;
  readonly client?: string;
  readonly redirectUri?: string;
  /** without one the request has no PKCE */
  readonly challenge?: boolean;
}

export const logIn = async ({ issuer }: Endpoints, user: User): Promise<string> =>
  (await browserLogIn(issuer, user)).accessToken;

/**
 * Logs a person in as a browser does, at Keycloak or the development issuer: authorization request with PKCE, the issuer's
 * own log-in page and its form, the way back to the client with a code, and the exchange of that for tokens.
 */
export async function browserLogIn(
  issuer: string,
  { email, password }: Pick<User, "email" | "password">,
  {
    scope = "openid email",
    verifier: sent,
    challenge = true,
    client = CLIENT,
    redirectUri = REDIRECT,
  }: LogInOptions = {},
): Promise<LogIn> {
  const cookies: Cookies = new Map();
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("hex");
  const pkce = {
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const query = new URLSearchParams({
    client_id: client,
    response_type: "code",
    redirect_uri: redirectUri,
    scope,
    state,
    ...(challenge ? pkce : {}),
  });
  const first = await browse(issuer, cookies, `${issuer}/protocol/openid-connect/auth?${query.toString()}`);
  // Keycloak with organizations asks who it is before it asks for the password
  const askedName = first.text.includes('name="username"') && !first.text.includes('type="password"');
  const page = askedName ? await browse(issuer, cookies, actionOf(first), { username: email }) : first;
  if (!page.text.includes('type="password"')) throw new Error(`no log-in page at ${page.url}`);
  const back = new URL((await browse(issuer, cookies, actionOf(page), { email, username: email, password })).url);
  const code = back.searchParams.get("code");
  if (!back.href.startsWith(redirectUri) || code === null || back.searchParams.get("state") !== state) {
    throw new Error(`the log-in ended at ${back.href}`);
  }
  const form = { grant_type: "authorization_code", client_id: client, code, redirect_uri: redirectUri };
  const tokens = await tokensOf(issuer, { ...form, code_verifier: sent ?? verifier });
  return { ...tokens, idToken: tokens.idToken ?? "", cookies };
}

/** What an authorization request with these parameters leads to: a log-in page, or an error here or at the client's address. */
export async function authorize(issuer: string, query: Readonly<Record<string, string>>): Promise<string> {
  const address = `${issuer}/protocol/openid-connect/auth?${new URLSearchParams(query).toString()}`;
  const { url, text } = await browse(issuer, new Map(), address);
  if (/<input[^>]*name="(username|email)"/.test(text)) return "log-in page";
  if (url.startsWith(issuer)) return "error page";
  const { searchParams, hash } = new URL(url);
  return searchParams.get("error") ?? new URLSearchParams(hash.slice(1)).get("error") ?? `sent to ${url}`;
}

/** New tokens for a refresh token. */
export const refresh = async (issuer: string, refreshToken: string): Promise<string> =>
  tokenOf(issuer, { grant_type: "refresh_token", client_id: CLIENT, refresh_token: refreshToken });

/** Signs out in the browser that has logged in, saying yes where the issuer asks (OpenID Connect RP-Initiated Logout 1.0). */
export async function signOut(issuer: string, { idToken, cookies }: LogIn): Promise<void> {
  const query = new URLSearchParams({ id_token_hint: idToken, client_id: CLIENT });
  const page = await browse(issuer, cookies, `${issuer}/protocol/openid-connect/logout?${query.toString()}`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1];
  if (xsrf !== undefined) await browse(issuer, cookies, actionOf(page), { xsrf, logout: "yes" });
}

/** Where the page's form goes: its own address when it does not say. */
function actionOf({ url, text }: { readonly url: string; readonly text: string }): string {
  const action = /<form[^>]*\saction="([^"]+)"/.exec(text)?.[1];
  return action === undefined ? url : new URL(action.replaceAll("&amp;", "&"), url).href;
}

/** A program's access token, by client credentials. */
export const programToken = (
  { issuer }: Pick<Endpoints, "issuer">,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<string> => tokenOf(issuer, { grant_type: "client_credentials", client_id: id, client_secret: secret });

const tokenOf = async (issuer: string, form: Record<string, string>): Promise<string> =>
  (await tokensOf(issuer, form)).accessToken;

async function tokensOf(
  issuer: string,
  form: Record<string, string>,
): Promise<{ accessToken: string; refreshToken: string | undefined; idToken: string | undefined }> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const body = (await response.json()) as { access_token?: string; refresh_token?: string; id_token?: string };
  if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
  return { accessToken: body.access_token, refreshToken: body.refresh_token, idToken: body.id_token };
}

/** Follows redirects within the issuer, with cookies; stops at the first address outside. */
async function browse(
  issuer: string,
  cookies: Cookies,
  start: string,
  form?: Record<string, string>,
): Promise<{ readonly url: string; readonly text: string }> {
  let url = start;
  let body = form === undefined ? undefined : new URLSearchParams(form);
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(body === undefined ? {} : { method: "POST", body }),
    });
    body = undefined;
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    const location = response.headers.get("location");
    if (location === null) return { url, text: await response.text() };
    url = new URL(location, url).href;
    if (!url.startsWith(issuer)) return { url, text: "" };
  }
  throw new Error("too many redirects");
}
