import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { RehearsalRequest, RehearsalResult } from "@o2mc/schema/rehearsal/rehearsal.ts";
import { ApiError } from "../errors/api-error.ts";

interface RehearsalOptions {
  /** path of the data plane's `bin/rehearse.ts` */
  readonly program: string;
  /** a rehearsal is stopped after that */
  readonly limitMs?: number;
}

const LIMIT_MS = 5_000;
const MEMORY_MB = 192;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** of all tenants at once; each has a processor for itself as long as it runs */
const AT_ONCE = 2;

/** Runs pipelines over samples, each in a process of its own that ends with it: see decisions/0005. */
export class Rehearsals {
  readonly #options: Required<RehearsalOptions>;
  readonly #running = new Set<string>();

  constructor({ program, limitMs = LIMIT_MS }: RehearsalOptions) {
    this.#options = { program, limitMs };
  }

  /** Throws TEST_BUSY when the tenant, or enough others, have one running, TEST_STOPPED when it ended before it was done. */
  async run(tenant: string, request: RehearsalRequest): Promise<RehearsalResult> {
    if (this.#running.has(tenant) || this.#running.size >= AT_ONCE) throw new ApiError("TEST_BUSY");
    this.#running.add(tenant);
    try {
      return JSON.parse(await this.#answer(JSON.stringify(request))) as RehearsalResult;
    } finally {
      this.#running.delete(tenant);
    }
  }

  #answer(request: string): Promise<string> {
    const { program, limitMs } = this.#options;
    const code = resolve(program, "../../..");
    const child = spawn(
      process.execPath,
      // it reads its own code; no other file, no process, no thread is open to it
      [
        "--permission",
        `--allow-fs-read=${code}/*`,
        "--disable-warning=ExperimentalWarning",
        `--max-old-space-size=${MEMORY_MB}`,
        program,
      ],
      { cwd: code, env: {}, stdio: ["pipe", "pipe", "ignore"] },
    );
    return new Promise((done, fail) => {
      const stop = (problem: string, cause?: Error): void => {
        child.kill("SIGKILL");
        fail(new ApiError("TEST_STOPPED", { problem }, cause === undefined ? {} : { cause }));
      };
      const late = setTimeout(() => stop(`it took more than ${limitMs / 1000} seconds`), limitMs);
      const parts: Buffer[] = [];
      let bytes = 0;
      child.stdout.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_ANSWER_BYTES)
          stop(`its rows come to more than ${MAX_ANSWER_BYTES} bytes; ask for fewer of each step`);
        else parts.push(part);
      });
      child.once("error", (error) => stop("it could not be started", error));
      // it may end before it has read everything; its exit code tells
      child.stdin.on("error", () => undefined);
      child.stdin.end(request);
      child.once("close", (exit) => {
        clearTimeout(late);
        if (exit === 0) done(Buffer.concat(parts).toString("utf8"));
        else stop("it failed, or needed more memory than a test has");
      });
    });
  }
}
