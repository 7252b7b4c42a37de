import { createHash, randomBytes } from "node:crypto";
import type { Endpoints, User } from "./platform.ts";

const CLIENT = "o2mc-cli";
const REDIRECT = "http://127.0.0.1:5999/callback";

/**
 * Logs a person in as a browser does: authorization request with PKCE, the issuer's own log-in page and its form, the way
 * back to the client with a code, and the exchange of that for an access token.
 */
export async function logIn({ issuer }: Endpoints, { email, password }: User): Promise<string> {
  const cookies = new Map<string, string>();
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("hex");
  const query = new URLSearchParams({
    client_id: CLIENT,
    response_type: "code",
    redirect_uri: REDIRECT,
    scope: "openid email",
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const page = await browse(issuer, cookies, `${issuer}/protocol/openid-connect/auth?${query.toString()}`);
  if (!page.text.includes('type="password"')) throw new Error(`no log-in page at ${page.url}`);
  const back = new URL((await browse(issuer, cookies, page.url, { email, password })).url);
  const code = back.searchParams.get("code");
  if (!back.href.startsWith(REDIRECT) || code === null || back.searchParams.get("state") !== state) {
    throw new Error(`the log-in ended at ${back.href}`);
  }
  return tokenOf(issuer, {
    grant_type: "authorization_code",
    client_id: CLIENT,
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  });
}

/** A program's access token, by client credentials. */
export const programToken = (
  { issuer }: Endpoints,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<string> => tokenOf(issuer, { grant_type: "client_credentials", client_id: id, client_secret: secret });

async function tokenOf(issuer: string, form: Record<string, string>): Promise<string> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const body = (await response.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** Follows redirects within the issuer, with cookies; stops at the first address outside. */
async function browse(
  issuer: string,
  cookies: Map<string, string>,
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
