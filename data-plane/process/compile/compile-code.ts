import { runtime } from "./runtime.ts";
import { identity } from "./vector.ts";

/**
 * Runs generated source, which is built of this folder's own words, operators and numbered names only. Literals, field
 * names and keys, the tenant's text, come in as values under the names k0, k1, … and are never in the source.
 */
export function compileCode(source: string, literals: readonly unknown[]): unknown {
  const names = literals.map((_, i) => `k${i} = k[${i}]`);
  const head = names.length === 0 ? "" : `const ${names.join(", ")};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the point of this file; see above for what the source holds
  const run = new Function("runtime", "identity", "k", `"use strict";${head}${source}`) as (
    r: typeof runtime,
    i: typeof identity,
    k: readonly unknown[],
  ) => unknown;
  return run(runtime, identity, literals);
}
