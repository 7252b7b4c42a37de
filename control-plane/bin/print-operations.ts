import { writeFileSync } from "node:fs";
import { MANIFEST_FILE } from "@o2mc/schema/graphql/persisted-operations.ts";
import { printManifest } from "../api/persisted/print-manifest.ts";
import { apiSchema } from "../api/schema.ts";

writeFileSync(MANIFEST_FILE, printManifest(apiSchema()));
