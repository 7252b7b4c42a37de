import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { printApiSchema } from "../api/schema.ts";

const file = join(import.meta.dirname, "../../schema/graphql/schema.graphql");
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, printApiSchema());
