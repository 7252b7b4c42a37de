import { createHash } from "node:crypto";
import { canonicalJson } from "@o2mc/schema/canonical-json.ts";

/** What one link of a tenant's audit log holds; `previous` is the hash of the link before it, `GENESIS` for the first. */
export interface AuditLink {
  readonly tenant: string;
  readonly seq: number;
  /** ISO 8601, milliseconds */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details: unknown;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly credential: string | null;
  readonly previous: string;
}

export const GENESIS = "0".repeat(64);

/** Lower-case hex SHA-256 of the link as canonical JSON (RFC 8785), so that anybody can compute it again from an export. */
export const linkHash = (link: AuditLink): string => createHash("sha256").update(canonicalJson(link)).digest("hex");

export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export interface Break {
  readonly seq: number;
  readonly problem: "missing" | "changed" | "not-linked";
}

/** Follows a chain from `head` on; give it the links in order, one after another. */
export class ChainCheck {
  #head: Head;
  #broken: Break | null = null;

  constructor(head: Head = { seq: 0, hash: GENESIS }) {
    this.#head = head;
  }

  get head(): Head {
    return this.#head;
  }

  /** the first link that does not hold */
  get broken(): Break | null {
    return this.#broken;
  }

  next(link: AuditLink, hash: string): void {
    if (this.#broken !== null) return;
    const seq = this.#head.seq + 1;
    if (link.seq !== seq) this.#broken = { seq, problem: "missing" };
    else if (linkHash(link) !== hash) this.#broken = { seq, problem: "changed" };
    else if (link.previous !== this.#head.hash) this.#broken = { seq, problem: "not-linked" };
    else this.#head = { seq, hash };
  }
}
