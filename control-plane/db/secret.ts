import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "s1";

interface SecretKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Encrypts what must be stored but never read from the table: AES-256-GCM. `context` is the associated data that binds a
 * value to its tenant and row: elsewhere it does not open. The first key seals; older ones only open, until everything has
 * been sealed anew (`rotate-secrets.ts`).
 */
export class SecretBox {
  readonly #current: SecretKey;
  readonly #keys: readonly SecretKey[];

  /** keys of 32 bytes each */
  constructor(current: Buffer, older: readonly Buffer[] = []) {
    this.#current = secretKey(current);
    this.#keys = [this.#current, ...older.map(secretKey)];
  }

  /** Returns `s1.<key id>.<base64 of iv, tag and ciphertext>`. */
  seal(plain: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#current.bytes, iv).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
    const bytes = Buffer.concat([iv, cipher.getAuthTag(), body]);
    return `${VERSION}.${this.#current.id}.${bytes.toString("base64")}`;
  }

  /** Throws when the value was changed, or sealed by a key that is not here or for another context. */
  open(sealed: string, context: string): string {
    const parts = sealed.split(".");
    const [version, id, body = ""] = parts;
    if (parts.length === 1) return this.#openUnnamed(sealed, context);
    const key = this.#keys.find((each) => each.id === id);
    if (version !== VERSION || key === undefined) throw new Error("the value was sealed by a key that is not here");
    return decrypt(key, body, context);
  }

  /** Whether the key that seals now has sealed it. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${VERSION}.${this.#current.id}.`);
  }

  /** Values from before keys had ids. */
  #openUnnamed(sealed: string, context: string): string {
    for (const key of this.#keys) {
      try {
        return decrypt(key, sealed, context);
      } catch {
        // another key's, or nobody's
      }
    }
    throw new Error("the value was sealed by a key that is not here");
  }
}

function secretKey(bytes: Buffer): SecretKey {
  if (bytes.length !== 32) throw new RangeError("a secret key must have 32 bytes");
  return { id: createHmac("sha256", bytes).update("o2mc key id").digest("hex").slice(0, 12), bytes };
}

function decrypt(key: SecretKey, sealed: string, context: string): string {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
}

/** The contexts: what kind of secret, of which row. */
export const secretContext = {
  subjectSalt: (tenant: string): string => `subject-salt/${tenant}`,
  accountSeed: (tenant: string): string => `account-seed/${tenant}`,
  worker: (name: string): string => `worker/${name}`,
  destination: (tenant: string, destination: string): string => `destination/${tenant}/${destination}`,
} as const;
