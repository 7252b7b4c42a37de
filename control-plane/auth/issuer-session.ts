import { createHash } from "node:crypto";

const TIMEOUT_MS = 3_000;
const UNAUTHORIZED = 401;
const MAX_REMEMBERED = 50_000;

interface Answer {
  readonly at: number;
  readonly ended: Promise<boolean>;
}

/**
 * Asks the issuer's userinfo endpoint whether a token's session has ended: the person has signed out, or was disabled or
 * deleted there. A token's signature cannot tell. One question a token in `recheckMs`, whoever asks.
 */
export class IssuerSession {
  readonly #endpoint: string;
  readonly #recheckMs: number;
  readonly #answers = new Map<string, Answer>();

  constructor(endpoint: string, recheckMs: number) {
    this.#endpoint = endpoint;
    this.#recheckMs = recheckMs;
  }

  /**
   * Only a plain no ends a session. An issuer that is away for a moment must not take the platform with it, and a program's
   * token, which is for no userinfo, is answered 403.
   */
  hasEnded(token: string): Promise<boolean> {
    const key = createHash("sha256").update(token).digest("base64url");
    const known = this.#answers.get(key);
    if (known !== undefined && Date.now() - known.at < this.#recheckMs) return known.ended;
    const ended = this.#ask(token);
    this.#answers.delete(key);
    this.#answers.set(key, { at: Date.now(), ended });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_REMEMBERED) break;
      this.#answers.delete(oldest);
    }
    return ended;
  }

  async #ask(token: string): Promise<boolean> {
    try {
      const response = await fetch(this.#endpoint, {
        headers: { authorization: `Bearer ${token}` },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      return response.status === UNAUTHORIZED;
    } catch {
      return false;
    }
  }
}
