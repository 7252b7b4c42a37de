import type { Connector } from "@o2mc/runtime/outgoing/connector.ts";
import type { PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import { Client } from "pg";
import type { AnswerLimit } from "./answer-limit.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/** Not connected yet; goes nowhere but where the platform connects to. */
export function postgresClient(options: PostgresOptions, connector: Connector, answers: AnswerLimit): Client {
  const { host, port, database, user, password, tls } = options;
  return new Client({
    host,
    port,
    database,
    user,
    // as a function: else an empty one would be looked up in PGPASSWORD and in ~/.pgpass, which are the operator's
    password: () => password,
    ssl: tls,
    stream: () => answers.watch(connector.socket()),
    application_name: "o2mc-deliver",
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
  });
}
