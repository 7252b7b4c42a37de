import { createReadStream, statSync } from "node:fs";
import { Command, Option } from "commander";
import { FORMATS, type Format } from "./records.ts";
import { showProgress } from "./progress.ts";
import { send, type Counts } from "./send.ts";
import { resolveTarget } from "./target.ts";

interface Options {
  readonly format: Format;
  readonly edge?: string;
  readonly source?: string;
  readonly key?: string;
  readonly patience: string;
}

const SHOWN_REJECTIONS = 100;

/** `o2mc send FILE`: exit code 0 only when every line was accepted or is not permitted by its owner. */
export function sendCommand(): Command {
  return new Command("send")
    .description("send a log file, NDJSON or CSV to a source; - reads standard input")
    .argument("<file>", "the file, or - for standard input")
    .addOption(new Option("--format <format>", "what the lines are").choices(FORMATS).makeOptionMandatory())
    .addOption(new Option("--edge <url>", "address of the edge").env("O2MC_EDGE_URL"))
    .addOption(new Option("--source <id>", "id of the source"))
    .addOption(new Option("--key <key>", "write key of the source").env("O2MC_WRITE_KEY"))
    .option("--patience <seconds>", "how long one batch may be retried", "300")
    .action(async (file: string, options: Options) => {
      process.exitCode = await run(file, options);
    });
}

async function run(file: string, options: Options): Promise<number> {
  const counts: Counts = { lines: 0, accepted: 0, denied: {}, retries: 0, rejected: [] };
  let failed: string | undefined;
  try {
    const target = resolveTarget(options, process.env["O2MC_DATA_DIR"] || ".o2mc");
    const size = file === "-" ? undefined : statSync(file).size;
    const stream = file === "-" ? process.stdin : createReadStream(file);
    const read = (): number => ("bytesRead" in stream && typeof stream.bytesRead === "number" ? stream.bytesRead : 0);
    const progress = showProgress(counts, () => (size === undefined || size === 0 ? undefined : read() / size));
    try {
      await send(stream, options.format, { ...target, patienceMs: Number(options.patience) * 1000 }, counts);
    } finally {
      progress.stop();
    }
  } catch (error) {
    failed = error instanceof Error ? error.message : String(error);
  }
  report(counts);
  if (failed !== undefined) process.stderr.write(`Not everything was sent: ${failed}\n`);
  return failed === undefined && counts.rejected.length === 0 ? 0 : 1;
}

function report(counts: Counts): void {
  const out: string[] = [
    `${counts.lines.toLocaleString("en")} lines: ${counts.accepted.toLocaleString("en")} accepted, ${counts.rejected.length} rejected`,
  ];
  for (const [reason, count] of Object.entries(counts.denied))
    out.push(`  not permitted by the owner (${reason}): ${count}`);
  for (const { line, reason } of counts.rejected.toSorted((a, b) => a.line - b.line).slice(0, SHOWN_REJECTIONS)) {
    out.push(`  line ${line}: ${reason}`);
  }
  const more = counts.rejected.length - SHOWN_REJECTIONS;
  if (more > 0) out.push(`  and ${more} more`);
  process.stdout.write(`${out.join("\n")}\n`);
}
