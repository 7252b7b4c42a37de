import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** Whatever the order of rows and of their columns, equal files have equal digests; `keep` are the columns that count. */
export async function digestOfRows(file: string, keep: readonly string[]): Promise<string> {
  const rows: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === "") continue;
    const row = JSON.parse(line) as Record<string, unknown>;
    rows.push(JSON.stringify(keep.map((name) => row[name])));
  }
  const hash = createHash("sha256");
  for (const row of rows.toSorted()) hash.update(`${row}\n`);
  return `${rows.length} rows, ${hash.digest("hex").slice(0, 16)}`;
}
