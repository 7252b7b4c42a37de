import { createHash } from "node:crypto";
import { ApiError } from "../../errors/api-error.ts";

interface Asked {
  readonly query?: unknown;
  readonly extensions?: unknown;
}

/**
 * The operations that this process knows by the SHA-256 of their text. What a client sends is never added: a hash stands for
 * what the manifest has under it, or for nothing.
 */
export class PersistedOperations {
  readonly #bodies: ReadonlyMap<string, string>;
  readonly #only: boolean;

  /**
   * `only`: nothing else runs, whoever asks. For everybody, and not for the console's client alone: the text is judged before
   * it is parsed and before anybody is asked who they are, and no claim of a token decides how much of the API lies open.
   */
  constructor(operations: readonly { readonly id: string; readonly body: string }[], only: boolean) {
    // by our own reckoning: an id of the file that is no hash of its body stands for nothing
    this.#bodies = new Map(operations.map(({ body }) => [sha256(body), body]));
    this.#only = only;
  }

  /**
   * The text that is to run; undefined when there is none, which whoever parses it refuses. Throws
   * PERSISTED_OPERATION_NOT_FOUND, PERSISTED_OPERATION_REQUIRED, or QUERY_INVALID for a text beside another's hash.
   */
  textOf({ query, extensions }: Asked): string | undefined {
    // clients of graphql-ws have to send a text, and send an empty one
    const text = typeof query === "string" && query !== "" ? query : undefined;
    const hash = hashIn(extensions);
    if (hash !== undefined) {
      const body = typeof hash === "string" ? this.#bodies.get(hash) : undefined;
      if (body === undefined) throw new ApiError("PERSISTED_OPERATION_NOT_FOUND");
      if (query != null && query !== "" && query !== body) {
        throw new ApiError("QUERY_INVALID", { problem: "The text beside the hash is another operation's." });
      }
      return body;
    }
    if (this.#only && (text === undefined || !this.#bodies.has(sha256(text)))) {
      throw new ApiError("PERSISTED_OPERATION_REQUIRED");
    }
    return text;
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** `extensions.persistedQuery.sha256Hash`; null where there is a persistedQuery without one, undefined without either. */
function hashIn(extensions: unknown): unknown {
  const persisted = own(extensions, "persistedQuery");
  return persisted === undefined ? undefined : (own(persisted, "sha256Hash") ?? null);
}

function own(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
