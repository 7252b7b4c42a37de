import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { Endpoints } from "../../testkit/platform.ts";

/** A row as files and webhook have it, or what tells them to forget rows. */
interface Entry {
  readonly type?: "erasure";
  readonly id: string;
  readonly subject_key: string;
  readonly page?: string;
}

/** One destination of each kind, and what its owner knows who forgets what it is told to forget. */
export class ErasurePlaces {
  readonly destinations: Readonly<Record<string, object>>;
  readonly #warehouse: Endpoints["warehouse"];
  readonly #table: string;
  readonly #folder: string;
  readonly #receiver: Server;
  readonly #bodies: ReadonlyMap<string, string>;

  private constructor(
    warehouse: Endpoints["warehouse"],
    folder: string,
    receiver: Server,
    bodies: ReadonlyMap<string, string>,
  ) {
    const { port } = receiver.address() as AddressInfo;
    this.#warehouse = warehouse;
    this.#table = `forget_${randomBytes(4).toString("hex")}`;
    this.#folder = folder;
    this.#receiver = receiver;
    this.#bodies = bodies;
    this.destinations = {
      postgres: { postgres: { ...warehouse, table: this.#table, tls: false } },
      file: { file: { directory: folder, format: "JSONL", rotateSeconds: 1 } },
      webhook: {
        webhook: { url: `http://127.0.0.1:${port}/`, secret: `whsec_${randomBytes(32).toString("base64")}` },
      },
    };
  }

  static async open({ warehouse }: Endpoints): Promise<ErasurePlaces> {
    const bodies = new Map<string, string>();
    const receiver = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        bodies.set(String(request.headers["webhook-id"]), body);
        response.end();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    return new ErasurePlaces(warehouse, mkdtempSync(join(tmpdir(), "o2mc-forget-")), receiver, bodies);
  }

  /** rows of each place whose page begins with `prefix` */
  async counts(prefix: string): Promise<{ postgres: number; files: number; webhook: number }> {
    const count = (entries: readonly Entry[]): number => {
      const erased = new Set(entries.flatMap((entry) => (entry.type === "erasure" ? [entry.subject_key] : [])));
      const rows = entries.filter(({ type, subject_key: key }) => type === undefined && !erased.has(key));
      return new Set(rows.filter(({ page }) => page?.startsWith(prefix) === true).map(({ id }) => id)).size;
    };
    const lines = readdirSync(this.#folder)
      .filter((name) => name.endsWith(".jsonl") && !name.startsWith("."))
      .flatMap((name) => readFileSync(join(this.#folder, name), "utf8").trimEnd().split("\n"));
    const posted = [...this.#bodies.values()].flatMap((body) => {
      const message = JSON.parse(body) as Entry | { readonly rows: readonly Entry[] };
      return "rows" in message ? message.rows : [message];
    });
    return {
      postgres: await this.#rows(prefix),
      files: count(lines.map((line) => JSON.parse(line) as Entry)),
      webhook: count(posted),
    };
  }

  async close(): Promise<void> {
    await new Promise((done) => this.#receiver.close(done));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #rows(prefix: string): Promise<number> {
    const client = new Client(this.#warehouse);
    await client.connect();
    try {
      const { rows } = await client.query<{ n: number }>(
        `select count(*)::int as n from ${this.#table} where starts_with(page, $1)`,
        [prefix],
      );
      return rows[0]?.n ?? 0;
    } catch (error) {
      // made with the first row
      if (error instanceof Error && "code" in error && error.code === "42P01") return 0;
      throw error;
    } finally {
      await client.end();
    }
  }
}
