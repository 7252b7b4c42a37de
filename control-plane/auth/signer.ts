import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";

/** DER of PKCS #8 ahead of an Ed25519 seed (RFC 8410) */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Signs what leaves the platform as evidence: Ed25519. */
export class Signer {
  readonly #key: KeyObject;
  /** SPKI, PEM */
  readonly publicKey: string;
  /** first 16 hex digits of the SHA-256 of the public key */
  readonly keyId: string;

  /** `seed`: 32 bytes */
  constructor(seed: Buffer) {
    if (seed.length !== 32) throw new RangeError("the signing key must have 32 bytes");
    this.#key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
    const publicKey = createPublicKey(this.#key);
    this.publicKey = publicKey.export({ type: "spki", format: "pem" }).toString();
    const der = publicKey.export({ type: "spki", format: "der" });
    this.keyId = createHash("sha256").update(der).digest("hex").slice(0, 16);
  }

  /** base64 */
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#key).toString("base64");
  }
}
