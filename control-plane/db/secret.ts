import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what must be stored but never read from the table: AES-256-GCM. `context` binds a value to its row. */
export class SecretBox {
  readonly #key: Buffer;

  /** `key`: 32 bytes */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new RangeError("the secret key must have 32 bytes");
    this.#key = key;
  }

  /** Returns base64 of iv, tag and ciphertext. */
  seal(plain: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
  }

  /** Throws when the value was changed, or sealed by another key or for another context. */
  open(sealed: string, context: string): string {
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
  }
}

/** The contexts: what kind of secret, of which row. */
export const secretContext = {
  subjectSalt: (tenant: string): string => `subject-salt/${tenant}`,
  accountSeed: (tenant: string): string => `account-seed/${tenant}`,
  destination: (tenant: string, destination: string): string => `destination/${tenant}/${destination}`,
} as const;
