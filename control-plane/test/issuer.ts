import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
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
}

export interface TestIssuer {
  readonly issuer: string;
  token(options: TokenOptions): Promise<string>;
  stop(): void;
}

/** An OIDC issuer with discovery and published keys, at Keycloak's path. */
export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  const server = createServer((request, response) => {
    const keys = request.url?.endsWith("/certs") === true;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(keys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/protocol/openid-connect/certs` }),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/o2mc`;
  return {
    issuer,
    token: ({ tenant, roles, sub = "someone", audience = "o2mc-api", typ = "Bearer", iss = issuer, expiresIn = 600 }) =>
      new SignJWT({ typ, o2mc_tenant: tenant, realm_access: { roles }, email: `${sub}@${tenant}.example` })
        .setProtectedHeader({ alg: "RS256", kid: "k1" })
        .setIssuer(iss)
        .setAudience(audience)
        .setSubject(sub)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
        .sign(privateKey),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
