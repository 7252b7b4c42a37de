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
  /** each of its names is measured in a process of its own */
  readonly apart?: true;
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

/** The value below which this share of them is. */
export function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Events per second of this process's CPU, the collecting of garbage included: other load on the machine counts for
 * little.
 */
export function perCpuSecond(events: number, work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return events / ((user + system) / 1e6);
}
