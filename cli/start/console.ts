/** The launcher's own words; children write to their log files. */
export interface Progress {
  line(text: string): void;
  /** `text …`, then how long `work` took */
  step<T>(text: string, work: () => Promise<T>): Promise<T>;
}

export function createProgress(write: (text: string) => void, now: () => number = Date.now): Progress {
  return {
    line: (text) => write(`${text}\n`),
    step: async (text, work) => {
      const begun = now();
      write(`  … ${text}\n`);
      const result = await work();
      write(`  ✓ ${text} (${((now() - begun) / 1000).toFixed(1)} s)\n`);
      return result;
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
