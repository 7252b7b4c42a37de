import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";
import type Provider from "oidc-provider";

const MINUTE_MS = 60_000;
/** what a guess is answered; all else is a mistake of the client's */
const GUESSED = new Set(["invalid_grant", "invalid_client"]);

/** Failed log-ins by account and by address, as Keycloak's brute-force detection and a proxy in front of it count them. */
export class LogInAttempts {
  readonly #accounts = new FailedAttempts({ limit: 5, windowMs: MINUTE_MS });
  readonly #addresses = new FailedAttempts({ limit: 50, windowMs: MINUTE_MS });

  /** Milliseconds until the account may be tried again, from wherever; 0 when it may be now. */
  accountWait = (email: string): number => this.#accounts.wait(nameOf(email));
  accountFailed = (email: string): void => this.#accounts.failed(nameOf(email));
  accountEntered = (email: string): void => this.#accounts.forget(nameOf(email));

  addressFailed = (request: IncomingMessage): void => this.#addresses.failed(addressOf(request));

  /** Answers 429 while the address has to wait. */
  refuses(request: IncomingMessage, response: ServerResponse): boolean {
    const wait = this.#addresses.wait(addressOf(request));
    if (wait === 0) return false;
    response.writeHead(429, { "content-type": "application/json", "retry-after": seconds(wait) });
    response.end(JSON.stringify({ error: "temporarily_unavailable", error_description: "too many failed attempts" }));
    return true;
  }

  /** Counts what is guessed at the provider's own endpoints: passwords, secrets, codes and refresh tokens. */
  countFailuresOf(provider: Provider): void {
    const count = ({ req }: { readonly req: IncomingMessage }, { error }: { readonly error: string }): void => {
      if (GUESSED.has(error)) this.addressFailed(req);
    };
    provider.on("grant.error", count).on("introspection.error", count).on("revocation.error", count);
  }
}

/** Of `Retry-After`. */
export const seconds = (waitMs: number): string => String(Math.ceil(waitMs / 1000));

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? "unknown";

/** A digest: whatever is typed takes the same room. */
const nameOf = (email: string): string => createHash("sha256").update(email.trim().toLowerCase()).digest("hex");
