import { createPrivateKey, sign, type JsonWebKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./platform.ts";

const LIFETIME_S = 3600;

/** An access token of a person whom the issuer does not know, signed with the issuer's own key: any tenant, any roles. */
export function mintToken(
  { dataDir, endpoints }: Platform,
  { tenant, roles, person }: { readonly tenant: string; readonly roles: readonly string[]; readonly person: string },
  /** other claims, and another header */
  { claims: others = {}, header: otherHeader = {} }: { readonly claims?: object; readonly header?: object } = {},
): string {
  const realm = JSON.parse(readFileSync(join(dataDir, "issuer/realm.json"), "utf8")) as {
    readonly keys: readonly (JsonWebKey & { readonly kid: string })[];
  };
  const [key] = realm.keys;
  if (key === undefined) throw new Error("the issuer has no key");
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = part({ alg: "RS256", typ: "JWT", kid: key.kid, ...otherHeader });
  const claims = part({
    iss: endpoints.issuer,
    aud: "o2mc-api",
    sub: person,
    iat: now,
    exp: now + LIFETIME_S,
    typ: "Bearer",
    email: `${person}@${tenant}.example`,
    o2mc_tenant: tenant,
    realm_access: { roles },
    ...others,
  });
  const signature = sign("sha256", Buffer.from(`${header}.${claims}`), createPrivateKey({ key, format: "jwk" }));
  return `${header}.${claims}.${signature.toString("base64url")}`;
}
