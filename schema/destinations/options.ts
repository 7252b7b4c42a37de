/** One key: the kind. What the API takes, what `DestinationConfig.options` holds. */
export interface DestinationOptions {
  readonly postgres?: PostgresOptions;
  readonly webhook?: WebhookOptions;
  readonly file?: FileOptions;
}

/** Upsert by result id into a table made from the output's type: `result_id text primary key`, then one column per output column (`.` becomes `_`). */
export interface PostgresOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** secret */
  readonly password: string;
  readonly schema: string;
  readonly table: string;
  readonly tls: boolean;
}

/** POST of `{"output", "rows": [{"id", …}]}`; signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). */
export interface WebhookOptions {
  readonly url: string;
  /** secret: `whsec_` + base64 */
  readonly secret: string;
}

/** A file per batch under `directory`, written under a temporary name and renamed when whole. */
export interface FileOptions {
  readonly directory: string;
  readonly format: "jsonl" | "csv";
  /** rows of at most this many seconds go into one file */
  readonly rotateSeconds: number;
}

/** Names of the options that are secret, by kind: write-only in the API, never logged. */
export const SECRET_OPTIONS = { postgres: ["password"], webhook: ["secret"], file: [] } as const;
