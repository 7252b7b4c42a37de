import { hmacSha256 } from "@o2mc/runtime/hmac.ts";
import { partitionOf } from "@o2mc/schema/events/partition.ts";

/** A subject as it is known behind the gate. */
export interface Subject {
  /** the first 22 characters of base64url(HMAC-SHA256(salt, subject)) */
  readonly key: string;
  /** its partition among so many */
  readonly partition: (partitions: number) => number;
}

const GENERATION = 50_000;
const KEY_LENGTH = 22;

/** The subjects of one application, the recent ones remembered; the salt is hex. */
export class Subjects {
  readonly #hmac: (subject: string) => string;
  // two generations are a cheap LRU: what was not asked for in one whole generation is forgotten
  #young = new Map<string, Subject>();
  #old = new Map<string, Subject>();

  constructor(saltHex: string) {
    this.#hmac = hmacSha256(Buffer.from(saltHex, "hex"), "base64url");
  }

  /** The subject if it was asked for before. */
  known(subject: string): Subject | undefined {
    const young = this.#young.get(subject);
    if (young !== undefined) return young;
    const old = this.#old.get(subject);
    if (old !== undefined) this.#keep(subject, old);
    return old;
  }

  get(subject: string): Subject {
    const known = this.known(subject);
    if (known !== undefined) return known;
    const made = new KeyedSubject(this.#hmac(subject).slice(0, KEY_LENGTH));
    this.#keep(ownCopy(subject), made);
    return made;
  }

  #keep(subject: string, entry: Subject): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(subject, entry);
  }
}

class KeyedSubject implements Subject {
  readonly key: string;
  #partitions = 1;
  #partition = 0;

  constructor(key: string) {
    this.key = key;
  }

  partition(partitions: number): number {
    if (partitions !== this.#partitions) {
      this.#partitions = partitions;
      this.#partition = partitionOf(this.key, partitions);
    }
    return this.#partition;
  }
}

/** A piece of a larger text would keep all of that in memory. */
function ownCopy(text: string): string {
  const copy = Buffer.from(text, "utf8").toString("utf8");
  // a lone surrogate has no UTF-8; such a text was no piece
  return copy === text ? copy : text;
}
