import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Logger } from "@o2mc/runtime/log.ts";
import { HUB_API } from "@o2mc/schema/subjects.ts";

interface User {
  readonly worker: string;
  readonly issued: number;
  readonly jwt: string;
  readonly seed: string;
}

/**
 * The user as which a worker reads its directory. It ends, and the next one comes from the directory itself: it takes the
 * file's place, so that a restart finds it, also while the control plane is away.
 */
export class WorkerUser {
  readonly #file: string;
  readonly #log: Logger;
  #newest: User;

  /** of an enrolment's creds file */
  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#log = log;
    this.#newest = parse(readFileSync(file, "utf8"));
  }

  /** The name that it is enrolled under. */
  get worker(): string {
    return this.#newest.worker;
  }

  /** Of the file and what came since the newer one: an operator may have put another file there. */
  current(): { readonly jwt: string; readonly seed: string; readonly api: string } {
    try {
      this.#take(parse(readFileSync(this.#file, "utf8")));
    } catch (error) {
      this.#log.warn({ err: error }, "the worker's creds file cannot be read; the one before is used");
    }
    const { jwt, seed } = this.#newest;
    return { jwt, seed, api: HUB_API };
  }

  renew(creds: string): void {
    try {
      if (!this.#take(parse(creds))) return;
      const temporary = `${this.#file}.${process.pid}.tmp`;
      writeFileSync(temporary, creds, { mode: 0o600, flush: true });
      renameSync(temporary, this.#file);
      this.#log.info({ worker: this.worker }, "the worker's creds file was renewed");
    } catch (error) {
      this.#log.warn({ err: error }, "the worker's renewed creds file cannot be kept: a restart needs the old one");
    }
  }

  #take(user: User): boolean {
    if (user.worker !== this.#newest.worker || user.issued <= this.#newest.issued) return false;
    this.#newest = user;
    return true;
  }
}

function parse(creds: string): User {
  const [jwt, seed] = Array.from(creds.matchAll(/^-+BEGIN [A-Z ]+-+\s+(\S+)\s+-+END/gm), ([, text]) => text);
  if (jwt === undefined || seed === undefined) throw new Error("not a creds file");
  const claims = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as {
    readonly name: string;
    readonly iat: number;
  };
  return { worker: claims.name, issued: claims.iat, jwt, seed };
}
