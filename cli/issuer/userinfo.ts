import { createPublicKey, verify, type JsonWebKeyInput } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AUDIENCE } from "./claims.ts";
import type { Realm } from "./realm.ts";

/** Keycloak answers here for its JWT access tokens; the provider's own endpoint takes opaque ones only. */
export function userinfo(realm: Realm, issuer: string, request: IncomingMessage, response: ServerResponse): void {
  const subject = subjectOf(realm, issuer, /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
  const user = realm.users.find((each) => each.id === subject);
  if (user === undefined) {
    response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"', "access-control-allow-origin": "*" });
    response.end();
    return;
  }
  const { id: sub, email, tenant, roles } = user;
  const claims = { sub, email, email_verified: true, preferred_username: email, o2mc_tenant: tenant };
  response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
  response.end(JSON.stringify({ ...claims, realm_access: { roles } }));
}

/** The subject of a valid access token of ours. */
function subjectOf(realm: Realm, issuer: string, token: string): string | undefined {
  const [header, payload, signature] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  try {
    const { alg, kid } = decode(header) as { alg?: string; kid?: string };
    const key = realm.keys.find((each) => each.kid === kid);
    if (alg !== "RS256" || key === undefined) return undefined;
    const publicKey = createPublicKey({ key, format: "jwk" } as JsonWebKeyInput);
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify("sha256", signed, publicKey, Buffer.from(signature, "base64url"))) return undefined;
    const claims = decode(payload) as { iss?: string; aud?: string; sub?: string; exp?: number };
    const valid = claims.iss === issuer && claims.aud === AUDIENCE && (claims.exp ?? 0) > Date.now() / 1000;
    return valid ? claims.sub : undefined;
  } catch {
    return undefined; // not JSON: not a token
  }
}

const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
