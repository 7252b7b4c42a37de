/** One line of `npm run bench -- --json FILE`. `ratio` = value / yardstickValue. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly yardstick: string;
  readonly yardstickValue: number;
  readonly ratio: number;
}

export interface Benchmark {
  readonly names: readonly string[];
  run(wanted: ReadonlySet<string>): Promise<readonly Measurement[]>;
}

export function measurement(
  name: string,
  value: number,
  unit: string,
  yardstick: string,
  yardstickValue: number,
): Measurement {
  return { name, value, unit, yardstick, yardstickValue, ratio: value / yardstickValue };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
