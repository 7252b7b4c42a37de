import { errors, type default as Provider } from "oidc-provider";
import { seconds, type LogInAttempts } from "./attempts.ts";
import { userByPassword } from "./password.ts";
import type { Realm } from "./realm.ts";
import { API, AUDIENCE_URI } from "./resource.ts";

/** as RFC 6585 has it; OAuth 2.0 has no word of its own for it */
class TooManyAttempts extends errors.OIDCProviderError {
  constructor() {
    super(429, "temporarily_unavailable");
  }
}

/** `grant_type=password` for scripts and tests (OAuth 2.0 §4.3; gone from 2.1, and in Keycloak "direct access grant"). */
export function addPasswordGrant(provider: Provider, realm: Realm, attempts: LogInAttempts): void {
  provider.registerGrantType(
    "password",
    async (ctx) => {
      const { client, params } = ctx.oidc;
      if (client === undefined) throw new errors.InvalidClient("client is unknown");
      const user = userByPassword(realm, attempts, params?.["username"], params?.["password"]);
      if (typeof user === "number") {
        ctx.set("retry-after", seconds(user));
        throw new TooManyAttempts();
      }
      if (user === undefined) throw new errors.InvalidGrant("invalid user credentials");
      const grant = new provider.Grant({ clientId: client.clientId, accountId: user.id });
      grant.addOIDCScope(API.scope);
      const token = new provider.AccessToken({
        client,
        accountId: user.id,
        grantId: await grant.save(),
        gty: "password",
        scope: "openid email profile",
        resourceServer: new provider.ResourceServer(AUDIENCE_URI, API),
      });
      ctx.body = {
        access_token: await token.save(),
        expires_in: token.expiration,
        token_type: token.tokenType,
        scope: token.scope,
      };
    },
    ["username", "password", "scope"],
  );
}
