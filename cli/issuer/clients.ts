import type { ClientMetadata } from "oidc-provider";
import type { Realm } from "./realm.ts";

/** Public: people by code + PKCE on a loopback address of any port (RFC 8252), scripts by password. */
const CLI: ClientMetadata = {
  client_id: "o2mc-cli",
  application_type: "native",
  token_endpoint_auth_method: "none",
  grant_types: ["authorization_code", "refresh_token", "password"],
  response_types: ["code"],
  redirect_uris: ["http://127.0.0.1/callback", "http://localhost/callback"],
};

export function clients(realm: Realm): ClientMetadata[] {
  const programs = realm.programs.map(({ id, secret }) => ({
    client_id: id,
    client_secret: secret,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
  }));
  return [CLI, ...programs];
}
