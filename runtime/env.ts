import { z } from "zod";

/** Parses the environment by a schema; a bad value ends the process with a sentence that names the variable. */
export function readEnv<T extends z.ZodType>(schema: T, environment: NodeJS.ProcessEnv): z.infer<T> {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    process.stderr.write(`Environment variable ${issue.path.join(".")} is not usable: ${issue.message}\n`);
  }
  process.exit(1);
}
