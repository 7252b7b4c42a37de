import { KeyObject } from "node:crypto";
import type { ResolvedKey } from "jose";
import KeycloakConnect from "keycloak-connect";

/** Options that keycloak-connect reads and its own types leave out. */
interface Config extends KeycloakConnect.KeycloakConfig {
  readonly "realm-public-key": string;
  readonly "verify-token-audience": true;
}

type Validate = (token: string) => Promise<void>;

/**
 * Keycloak's own adapter as the second judge of a token that jose has accepted: issuer, audience, expiry, type `Bearer` and
 * signature, by code that shares nothing with jose's. It is given the key that jose resolved and fetches none itself: its own
 * fetching waits for ever on a silent issuer, and ends the process when an answer is not JSON.
 */
export class KeycloakJudge {
  readonly #server: string;
  readonly #realm: string;
  readonly #audience: string;
  /** jose keeps its key objects until the issuer's keys are fetched anew */
  readonly #byKey = new WeakMap<ResolvedKey["key"], Validate>();

  constructor(issuer: string, audience: string) {
    const at = issuer.lastIndexOf("/realms/");
    this.#server = at < 0 ? issuer : issuer.slice(0, at);
    this.#realm = at < 0 ? "" : issuer.slice(at + "/realms/".length);
    this.#audience = audience;
  }

  /** Rejects with keycloak-connect's reason when it does not take the token as signed by this key. */
  check(token: string, key: ResolvedKey["key"]): Promise<void> {
    let validate = this.#byKey.get(key);
    if (validate === undefined) {
      validate = this.#validator(spki(key));
      this.#byKey.set(key, validate);
    }
    return validate(token);
  }

  #validator(publicKey: string): Validate {
    const config: Config = {
      "auth-server-url": this.#server,
      realm: this.#realm,
      resource: this.#audience,
      "bearer-only": true,
      "verify-token-audience": true,
      "realm-public-key": publicKey,
      "ssl-required": "external",
      "confidential-port": 0,
    };
    const { grantManager } = new KeycloakConnect({}, config);
    return async (token) => {
      // it turns each text into its Token class, which its types do not show, and validates that
      await grantManager.createGrant(JSON.stringify({ access_token: token }));
    };
  }
}

/** In DER and base64, as the adapter's configuration has it. */
function spki(key: ResolvedKey["key"]): string {
  if (key instanceof Uint8Array) throw new Error("a shared secret signs no access token");
  const object = key instanceof KeyObject ? key : KeyObject.from(key);
  return object.export({ type: "spki", format: "der" }).toString("base64");
}
