import type { TextFormat } from "../options/option.ts";
import type { OptionsOf } from "../options/options-of.ts";
import { destinationSpec } from "./destination-spec.ts";

/** No path, which would be a socket of deliver's own machine. */
const HOST: TextFormat = {
  fits: (text) => /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?$/i.test(text) || isPlainIpv6(text),
  says: "the name or the address of a server, and nothing else",
};
const isPlainIpv6 = (text: string): boolean => /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);

export const postgres = destinationSpec({
  kind: "postgres",
  summary:
    "Upserts by result id into a table made from the output's type: `result_id text primary key`, `subject_key text` where " +
    "rows are about one subject, then one column per output column (`.` becomes `_`). An erasure deletes by `subject_key`, which has an index.",
  options: {
    host: { kind: "text", maxLength: 255, format: HOST, description: "name or address of the server" },
    port: { kind: "integer", min: 1, max: 65_535, default: 5432, description: "port of the server" },
    database: { kind: "text", maxLength: 63, description: "name of the database" },
    user: {
      kind: "text",
      maxLength: 63,
      description: "who logs in; needs to create in the schema, unless the table is there",
    },
    password: { kind: "text", minLength: 0, secret: true, description: "the user's password" },
    schema: { kind: "text", maxLength: 63, default: "public", description: "schema of the table" },
    table: { kind: "text", maxLength: 63, description: "made from the output's type when it does not exist" },
    tls: { kind: "flag", default: true, description: "encrypt, and check the server's certificate" },
  },
  example: { host: "db.shop.example", database: "reports", user: "o2mc", password: "secret", table: "sessions" },
});

export type PostgresOptions = OptionsOf<typeof postgres.options>;
