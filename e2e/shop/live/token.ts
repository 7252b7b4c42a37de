/** A token is handed out only while it has at least this long to live. */
const RESERVE_MS = 60_000;

interface Login {
  readonly issuerUrl: string;
  readonly user: string;
  readonly password: string;
}

/** Where the issuer's tokens come from: the address of the realm itself, or of the server that holds it. */
function tokenEndpoint(issuerUrl: string): string {
  const base = issuerUrl.replace(/\/$/, "");
  return `${base.includes("/realms/") ? base : `${base}/realms/o2mc`}/protocol/openid-connect/token`;
}

/** Access tokens of the shop's own user, so that no page ever holds a password. */
export function createTokenSource(login: Login): () => Promise<string> {
  let held: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (held && held.until > Date.now()) return held.token;
    const response = await fetch(tokenEndpoint(login.issuerUrl), {
      method: "POST",
      signal: AbortSignal.timeout(10_000),
      body: new URLSearchParams({
        grant_type: "password",
        client_id: "o2mc-cli",
        username: login.user,
        password: login.password,
        scope: "openid",
      }),
    });
    const body = (await response.json()) as { access_token?: string; expires_in?: number; error?: string };
    if (body.access_token === undefined) throw new Error(`the issuer gave no token: ${response.status} ${body.error}`);
    held = { token: body.access_token, until: Date.now() + (body.expires_in ?? 0) * 1000 - RESERVE_MS };
    return held.token;
  };
}
