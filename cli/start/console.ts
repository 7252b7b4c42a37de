/** The launcher's own words; children write to their log files. */
export interface Progress {
  line(text: string): void;
  /** `… text`, again now and then while it takes long, and at the end how long `work` took */
  step<T>(text: string, work: () => Promise<T>): Promise<T>;
}

const BEAT_MS = 15_000;

export function createProgress(write: (text: string) => void, now: () => number = Date.now): Progress {
  return {
    line: (text) => write(`${text}\n`),
    step: async (text, work) => {
      const begun = now();
      write(`  … ${text}\n`);
      const seconds = (): number => (now() - begun) / 1000;
      const beat = setInterval(() => write(`  … ${text}, ${Math.round(seconds())} s so far\n`), BEAT_MS);
      try {
        const result = await work();
        write(`  ✓ ${text} (${seconds().toFixed(1)} s)\n`);
        return result;
      } finally {
        clearInterval(beat);
      }
    },
  };
}

/** Rows as text columns, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
