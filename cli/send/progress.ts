import type { Counts } from "./send.ts";

const WIDTH = 30;

/** Shows progress on standard error: a bar on a terminal, a line every five seconds elsewhere. `share` is 0…1, undefined when unknown. */
export function showProgress(counts: Counts, share: () => number | undefined): { stop(): void } {
  const terminal = process.stderr.isTTY;
  const started = performance.now();
  const show = (): void => {
    const done = share();
    const seconds = (performance.now() - started) / 1000;
    const rate = Math.round(counts.accepted / Math.max(seconds, 0.001)).toLocaleString("en");
    const bar =
      done === undefined
        ? ""
        : `[${"█".repeat(Math.round(done * WIDTH)).padEnd(WIDTH, "·")}] ${Math.round(done * 100)} % `;
    const retries = counts.retries > 0 ? `, ${counts.retries} retries` : "";
    const text = `${bar}${counts.accepted.toLocaleString("en")} accepted, ${counts.rejected.length} rejected, ${rate}/s${retries}`;
    process.stderr.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
  };
  const timer = setInterval(show, terminal ? 100 : 5_000);
  return {
    stop: () => {
      clearInterval(timer);
      show();
      if (terminal) process.stderr.write("\n");
    },
  };
}
