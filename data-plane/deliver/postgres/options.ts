import { postgres, type PostgresOptions } from "@o2mc/schema/destinations/postgres.ts";
import { readOptions } from "@o2mc/schema/options/read-options.ts";

export const postgresOptions = (given: unknown): PostgresOptions => readOptions(postgres.options, given, postgres.kind);
