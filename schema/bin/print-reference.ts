import { writeFileSync } from "node:fs";
import { REFERENCE } from "../reference.ts";

for (const { file, text } of REFERENCE) writeFileSync(file, text());
