import { isAbsolute } from "node:path";
import type { FileOptions } from "@o2mc/schema/destinations/options.ts";
import { z } from "zod";

export const fileOptions = z.strictObject({
  directory: z.string().refine(isAbsolute, "is not an absolute path"),
  format: z.enum(["jsonl", "csv"]),
  rotateSeconds: z.number().min(0).max(3600),
}) satisfies z.ZodType<FileOptions>;
