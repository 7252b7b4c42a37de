import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure.ts";
import { endProcess } from "./end.ts";
import type { ProcessIdentity } from "./identity.ts";
import type { ChildRegistry } from "./registry.ts";

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** all that it gets to see of the environment, besides where programs and the home folder are */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** resolves to true once it serves; asked again and again */
  readonly isReady: () => Promise<boolean>;
  /** PostgreSQL stops at once on SIGINT, and waits for its clients on SIGTERM */
  readonly stopSignal?: "SIGTERM" | "SIGINT";
}

const READY_MS = 60_000;
const POLL_MS = 50;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** A child that served so long starts again without a history. */
const STABLE_MS = 60_000;
const MAX_LOG_BYTES = 20 * 1024 * 1024;
const INHERITED = ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS"];

/** One child process that is to be there until it is stopped: when it dies it is named and started again. */
export class Child {
  readonly #options: ChildOptions;
  readonly #registry: ChildRegistry;
  readonly #say: (text: string) => void;
  #current: ProcessIdentity | undefined;
  #stopping = false;
  #readySince = 0;
  #delay = FIRST_DELAY_MS;
  /** why it is being ended on purpose */
  #renewing: string | undefined;

  constructor(options: ChildOptions, registry: ChildRegistry, say: (text: string) => void) {
    this.#options = options;
    this.#registry = registry;
    this.#say = say;
  }

  /** Resolves when it serves; a Failure with the end of its log when it ends before that or takes too long. */
  async start(): Promise<void> {
    const ended = this.#spawn();
    const problem = await this.#untilReady(ended);
    if (problem === undefined) return this.#watch(ended);
    await this.stop();
    const { name, logFile } = this.#options;
    throw new Failure(`${name} ${problem}. The end of ${logFile}:\n${tail(logFile)}`);
  }

  /** Returns false when it did not stop when asked to and had to be killed. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    return this.#current === undefined ? true : endProcess(this.#current, this.#options.stopSignal);
  }

  /** Ends it, to be started again at once; `why` is said. */
  async renew(why: string): Promise<void> {
    if (this.#stopping || this.#current === undefined) return;
    this.#renewing = why;
    await endProcess(this.#current, this.#options.stopSignal);
  }

  #watch(ended: Promise<string>): void {
    this.#readySince = Date.now();
    void ended.then((how) => this.#revive(how));
  }

  async #revive(how: string): Promise<void> {
    const { name } = this.#options;
    let reason = how;
    if (Date.now() - this.#readySince > STABLE_MS) this.#delay = FIRST_DELAY_MS;
    while (!this.#stopping) {
      if (this.#renewing === undefined) {
        this.#say(`! ${name} ${reason}; it is started again in ${this.#delay / 1000} s`);
        await sleep(this.#delay);
        this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
      } else {
        this.#say(`  ${name} is started again: ${this.#renewing}`);
        this.#renewing = undefined;
      }
      if (this.#stopping) return;
      const ended = this.#spawn();
      const problem = await this.#untilReady(ended);
      if (problem === undefined) {
        this.#say(`✓ ${name} is back`);
        return this.#watch(ended);
      }
      if (this.#current !== undefined) await endProcess(this.#current, this.#options.stopSignal);
      reason = problem;
    }
  }

  /** In a session of its own, so that Ctrl-C in the terminal reaches the launcher only; resolves with how it ended. */
  #spawn(): Promise<string> {
    const { name, command, args, cwd, env, logFile, stopSignal = "SIGTERM" } = this.#options;
    rotate(logFile);
    const log = openSync(logFile, "a", 0o600);
    let child: ChildProcess;
    try {
      child = spawn(command, args, {
        cwd,
        detached: true,
        stdio: ["ignore", log, log],
        env: { ...inherited(), ...env },
      });
    } finally {
      closeSync(log);
    }
    const { pid } = child;
    this.#current = pid === undefined ? undefined : this.#registry.add(name, pid, stopSignal);
    return new Promise((done) => {
      child.once("error", (error) => done(`could not be started (${error.message})`));
      child.once("exit", (code, signal) => {
        if (pid !== undefined) this.#registry.remove(pid);
        done(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
      });
    });
  }

  async #untilReady(ended: Promise<string>): Promise<string | undefined> {
    let how: string | undefined;
    void ended.then((text) => (how = text));
    const until = Date.now() + READY_MS;
    for (;;) {
      if (await this.#options.isReady().catch(() => false)) return undefined;
      if (how !== undefined) return how;
      if (Date.now() > until) return `was not ready within ${READY_MS / 1000} s`;
      await sleep(POLL_MS);
    }
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
}

function tail(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
