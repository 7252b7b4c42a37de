import { createPublicKey, verify, type JsonWebKeyInput } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AUDIENCE } from "./claims.ts";
import { type Realm, userById } from "./realm.ts";

interface Tokens {
  readonly realm: Realm;
  readonly issuer: string;
  /** the `sid` of sessions that have signed out */
  readonly ended: ReadonlySet<string>;
}

/**
 * Keycloak answers here for its JWT access tokens; the provider's own endpoint takes opaque ones only. 401 when the token does
 * not count any more, 403 when it does and is nobody's of the realm: a program's, or one that a test has made with our key.
 */
export function userinfo(tokens: Tokens, request: IncomingMessage, response: ServerResponse): void {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const { sub: subject, sid } = claimsOf(tokens, token) ?? {};
  const known = tokens.realm.users.some(({ id }) => id === subject);
  const user = userById(tokens.realm, subject);
  if (subject === undefined || tokens.ended.has(sid ?? "") || (known && user === undefined)) {
    refuse(response, 401, "invalid_token");
    return;
  }
  if (user === undefined) {
    refuse(response, 403, "insufficient_scope");
    return;
  }
  const { id: sub, email, tenant, roles } = user;
  const claims = { sub, email, email_verified: true, preferred_username: email, o2mc_tenant: tenant };
  response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
  response.end(JSON.stringify({ ...claims, realm_access: { roles } }));
}

function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { "www-authenticate": `Bearer error="${error}"`, "access-control-allow-origin": "*" });
  response.end();
}

interface TokenClaims {
  readonly iss?: string;
  readonly aud?: string;
  readonly sub?: string;
  readonly sid?: string;
  readonly exp?: number;
}

/** The claims of a valid access token of ours. */
function claimsOf({ realm, issuer }: Tokens, token: string): TokenClaims | undefined {
  const [header, payload, signature] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  try {
    const { alg, kid } = decode(header) as { alg?: string; kid?: string };
    const key = realm.keys.find((each) => each.kid === kid);
    if (alg !== "RS256" || key === undefined) return undefined;
    const publicKey = createPublicKey({ key, format: "jwk" } as JsonWebKeyInput);
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify("sha256", signed, publicKey, Buffer.from(signature, "base64url"))) return undefined;
    const claims = decode(payload) as TokenClaims;
    const valid = claims.iss === issuer && claims.aud === AUDIENCE && (claims.exp ?? 0) > Date.now() / 1000;
    return valid ? claims : undefined;
  } catch {
    return undefined; // not JSON: not a token
  }
}

const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
