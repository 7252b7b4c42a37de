import type { ClientMetadata } from "oidc-provider";
import type { Realm } from "./realm.ts";

/** Origins of the platform's parts that the issuer has to do with. */
export interface Places {
  /** told when somebody signs out */
  readonly controlPlane: string;
  /** sent back to after a log-in */
  readonly console: string;
}

export function clients(realm: Realm, { controlPlane, console }: Places): ClientMetadata[] {
  const person: Partial<ClientMetadata> = {
    token_endpoint_auth_method: "none",
    response_types: ["code"],
    backchannel_logout_uri: `${controlPlane}/backchannel-logout`,
    // for people's tokens have `sid` then
    backchannel_logout_session_required: true,
  };
  /** on a loopback address of any port (RFC 8252); scripts by password */
  const cli: ClientMetadata = {
    ...person,
    client_id: "o2mc-cli",
    application_type: "native",
    grant_types: ["authorization_code", "refresh_token", "password"],
    redirect_uris: ["http://127.0.0.1/callback", "http://localhost/callback"],
  };
  const consoleClient: ClientMetadata = {
    ...person,
    client_id: "o2mc-console",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: [`${console}/callback`],
    post_logout_redirect_uris: [`${console}/`],
  };
  const programs = realm.programs.map(({ id, secret }) => ({
    client_id: id,
    client_secret: secret,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
  }));
  return [cli, consoleClient, ...programs];
}
