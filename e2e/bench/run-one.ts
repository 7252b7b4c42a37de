import { benchmarks } from "./benchmarks.ts";

/** A process for one benchmark: what another has taught the compiler, or left on the heap, is not the platform's. */
const [first = "", ...others] = process.argv.slice(2);
const benchmark = benchmarks.find(({ names }) => names.includes(first));
if (benchmark === undefined) throw new Error(`no benchmark ${first}`);
process.send?.(await benchmark.run(new Set([first, ...others])));
process.disconnect();
