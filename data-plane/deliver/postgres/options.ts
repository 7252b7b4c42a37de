import type { PostgresOptions } from "@o2mc/schema/destinations/options.ts";
import { z } from "zod";

export const postgresOptions = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  schema: z.string().min(1).max(63),
  table: z.string().min(1).max(63),
  tls: z.boolean(),
}) satisfies z.ZodType<PostgresOptions>;
