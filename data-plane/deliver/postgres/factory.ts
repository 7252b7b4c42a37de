import type { DestinationKind } from "../destination.ts";
import { postgresOptions } from "./options.ts";
import { testPostgres } from "./test.ts";
import { PostgresWriter } from "./writer.ts";

export const postgresKind: DestinationKind = {
  kind: "postgres",
  open: (options, context) => ({
    destination: new PostgresWriter(postgresOptions(options), context),
    gathering: { seconds: 0, messages: 64, bytes: 4 << 20 },
  }),
  test: testPostgres,
};
