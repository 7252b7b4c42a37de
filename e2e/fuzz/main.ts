import findServers from "../testkit/global-setup.ts";
import { fuzzBodies, fuzzEdge } from "./edge/fuzz-edge.ts";
import { fuzzExpressions } from "./expressions/fuzz-expressions.ts";
import { fuzzFrames } from "./frames/fuzz-frames.ts";
import { fuzzPipelines } from "./pipelines/fuzz-pipelines.ts";

/** `npm run fuzz -- INPUTS [SEED]`: so many inputs in all, and as many cases of expressions; ends with an error at the first that shows a fault. */
const inputs = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
await findServers();
const nats = process.env["O2MC_NATS_SERVER"];

const fuzzers: readonly (readonly [
  name: string,
  share: number,
  run: (n: number) => Promise<object | number> | object | number,
])[] = [
  ["events at the edge's door", 0.55, (n) => fuzzEdge(n, seed, nats)],
  ["broken bodies there", 0.05, (n) => fuzzBodies(n, seed, nats)],
  ["frames", 0.3, (n) => fuzzFrames(n, seed)],
  ["definitions of pipelines", 0.1, (n) => fuzzPipelines(n, seed)],
  ["expressions against the library's evaluator, each input a program and a row", 1, (n) => fuzzExpressions(n, seed)],
];
process.stdout.write(`seed ${seed}\n`);
for (const [name, share, run] of fuzzers) {
  const started = Date.now();
  const done = await run(Math.ceil(inputs * share));
  process.stdout.write(`${name}: ${JSON.stringify(done)} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}
