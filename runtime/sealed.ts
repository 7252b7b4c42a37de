import { createCurve, fromCurveSeed, type KeyPair } from "@nats-io/nkeys";

/**
 * A text for one recipient: nkeys' XKey box (X25519, XSalsa20-Poly1305) from a key pair that is made for this text and
 * forgotten. `context` is inside the box: elsewhere than where it belongs the text does not open.
 */
export interface Sealed {
  /** public keys, `X…` */
  readonly recipient: string;
  readonly sender: string;
  /** base64 */
  readonly box: string;
}

/** `context` says where the text belongs: tenant, bucket and key. */
export function seal(plain: string, context: readonly string[], recipient: string): Sealed {
  const sender = createCurve();
  const box = sender.seal(new TextEncoder().encode(JSON.stringify([context, plain])), recipient);
  const sealed = { recipient, sender: sender.getPublicKey(), box: Buffer.from(box).toString("base64") };
  sender.clear();
  return sealed;
}

/** Opens what was sealed for any of some key pairs: while the recipient's is changed, the old and the new one. */
export class SealedReader {
  readonly #pairs: ReadonlyMap<string, KeyPair>;

  /** `SX…` */
  constructor(seeds: readonly string[]) {
    const pairs = seeds.map((seed) => fromCurveSeed(new TextEncoder().encode(seed)));
    this.#pairs = new Map(pairs.map((pair) => [pair.getPublicKey(), pair]));
  }

  /** Throws a NotOpened, which quotes nothing but public keys. */
  open({ recipient, sender, box }: Sealed, context: readonly string[]): string {
    const pair = this.#pairs.get(recipient);
    if (pair === undefined) throw new NotOpened(`it was sealed for the key ${recipient}, whose seed is not here`);
    const [belongs, plain] = unbox(pair, sender, box);
    if (JSON.stringify(belongs) !== JSON.stringify(context)) throw new NotOpened("it was sealed for another place");
    return plain;
  }
}

/** A sealed text that its reader cannot open. */
export class NotOpened extends Error {
  override readonly name = "NotOpened";
}

function unbox(pair: KeyPair, sender: string, box: string): [unknown, string] {
  let opened: Uint8Array | null;
  try {
    opened = pair.open(Buffer.from(box, "base64"), sender);
  } catch {
    opened = null;
  }
  if (opened === null) throw new NotOpened("it was changed after it was sealed");
  return JSON.parse(new TextDecoder().decode(opened)) as [unknown, string];
}
