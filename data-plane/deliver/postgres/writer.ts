import type { PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { type Client, DatabaseError } from "pg";
import type { Connector } from "@o2mc/runtime/outgoing/connector.ts";
import {
  type Batch,
  type Destination,
  type DestinationContext,
  type Erasure,
  NotConnected,
  Partial,
  type Row,
  type RowFailure,
} from "../destination.ts";
import { AnswerLimit } from "./answer-limit.ts";
import { postgresClient } from "./client.ts";
import { isDataError, typed } from "./errors.ts";
import { ensureTable } from "./table.ts";
import { eraseSql, upsertParameters, upsertSql } from "./upsert.ts";

// SQLSTATE class 42 at a write: the table has changed under us; making it again may cure that.
const SCHEMA_ERROR = /^42/;

/** Upserts by result id: one statement a batch, so that it is durable or absent as a whole. */
export class PostgresWriter implements Destination {
  readonly #options: PostgresOptions;
  readonly #output: OutputType;
  readonly #sql: string;
  #client: Client | undefined;
  #tableChanged = false;

  readonly #connector: Connector;
  readonly #answers = new AnswerLimit();

  constructor(options: PostgresOptions, { output, outgoing }: DestinationContext) {
    this.#options = options;
    this.#output = output;
    this.#connector = outgoing.connector;
    this.#sql = upsertSql(options, output);
  }

  async connect(): Promise<void> {
    const client = postgresClient(this.#options, this.#connector, this.#answers);
    // Without a listener the loss of an idle connection would end the process.
    client.on("error", () => {
      if (this.#client === client) this.#client = undefined;
    });
    try {
      await client.connect();
      // A server that is set to answer before its log is on disk would let us acknowledge what it may lose.
      this.#answers.restart();
      await client.query("set synchronous_commit = on");
      await ensureTable(client, this.#options, this.#output);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw typed(error);
    }
    this.#tableChanged = false;
    this.#client = client;
  }

  async write(batch: Batch): Promise<void> {
    const client = this.#client;
    if (client === undefined) throw new NotConnected("postgres.unreachable", "the connection to PostgreSQL is gone");
    const failures = new Map<number, RowFailure>();
    try {
      if (this.#tableChanged) await ensureTable(client, this.#options, this.#output);
      this.#tableChanged = false;
      await this.#upsert(client, lastOfEachId(batch.rows), failures);
    } catch (error) {
      if (error instanceof DatabaseError && SCHEMA_ERROR.test(error.code ?? "")) this.#tableChanged = true;
      throw typed(error);
    }
    if (failures.size > 0) throw new Partial(failures);
  }

  async erase({ erasureKey }: Erasure): Promise<Readonly<Record<string, unknown>>> {
    const client = this.#client;
    if (client === undefined) throw new NotConnected("postgres.unreachable", "the connection to PostgreSQL is gone");
    try {
      if (this.#tableChanged) await ensureTable(client, this.#options, this.#output);
      this.#tableChanged = false;
      this.#answers.restart();
      const { rowCount } = await client.query(eraseSql(this.#options), [erasureKey]);
      return { rows: rowCount };
    } catch (error) {
      if (error instanceof DatabaseError && SCHEMA_ERROR.test(error.code ?? "")) this.#tableChanged = true;
      throw typed(error);
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  /** Halves the rows on a data error until the bad ones stand alone; the good ones are committed on the way. */
  async #upsert(client: Client, rows: readonly IndexedRow[], failures: Map<number, RowFailure>): Promise<void> {
    try {
      this.#answers.restart();
      await client.query(
        this.#sql,
        upsertParameters(
          this.#output,
          rows.map(({ row }) => row),
        ),
      );
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [only] = rows;
      if (rows.length === 1 && only !== undefined) {
        failures.set(only.index, { code: `postgres.${error.code}`, message: error.message });
        return;
      }
      const half = rows.length >> 1;
      await this.#upsert(client, rows.slice(0, half), failures);
      await this.#upsert(client, rows.slice(half), failures);
    }
  }
}

interface IndexedRow {
  readonly index: number;
  readonly row: Row;
}

/** One statement may not touch a row twice: of several rows with one id the last counts. */
function lastOfEachId(rows: readonly Row[]): IndexedRow[] {
  return [...new Map(rows.map((row, index) => [row.id, { index, row }])).values()];
}
