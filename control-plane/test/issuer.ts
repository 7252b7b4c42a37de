import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import type { Role } from "../auth/actions.ts";

export interface TokenOptions {
  readonly tenant: string;
  readonly roles: readonly Role[];
  readonly sub?: string;
  readonly audience?: string;
  readonly typ?: string;
  /** `iss`, with this issuer's own signature */
  readonly iss?: string;
  /** seconds from now */
  readonly expiresIn?: number;
  /** of the log-in that it is from */
  readonly sid?: string;
}

export interface TestIssuer {
  readonly issuer: string;
  token(options: TokenOptions): Promise<string>;
  /** Any claims, signed as this issuer signs. */
  sign(claims: JWTPayload): Promise<string>;
  stop(): void;
}

/** An OIDC issuer with discovery and published keys, at Keycloak's path. */
export async function startIssuer(alg = "RS256"): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg, use: "sig" };
  const server = createServer((request, response) => {
    const keys = request.url?.endsWith("/certs") === true;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(keys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/protocol/openid-connect/certs` }),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/o2mc`;
  const now = (): number => Math.floor(Date.now() / 1000);
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg, kid: "k1" }).sign(privateKey);
  return {
    issuer,
    sign,
    token: ({ tenant, roles, sub = "someone", audience = "o2mc-api", expiresIn = 600, ...others }) => {
      const { typ = "Bearer", iss = issuer, sid } = others;
      const person = { sub, email: `${sub}@${tenant}.example`, o2mc_tenant: tenant, realm_access: { roles } };
      const times = { iat: now(), exp: now() + expiresIn };
      return sign({ typ, iss, aud: audience, ...times, ...person, ...(sid === undefined ? {} : { sid }) });
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
