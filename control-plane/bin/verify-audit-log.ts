import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { exportProblem } from "../modules/audit/verify-export.ts";

const [file, keyFile] = process.argv.slice(2);
if (file === undefined || keyFile === undefined) {
  console.error("usage: node control-plane/bin/verify-audit-log.ts EXPORT.ndjson PUBLIC-KEY.pem");
  process.exit(2);
}
const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
const problem = await exportProblem(lines, readFileSync(keyFile, "utf8"));
console.log(problem ?? "the log is whole");
process.exit(problem === null ? 0 : 1);
