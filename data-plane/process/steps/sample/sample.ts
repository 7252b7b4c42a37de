import { hash } from "node:crypto";
import type { SampleOptions } from "@o2mc/schema/pipeline/steps/sample.ts";
import type { Scope } from "../../compile/scope.ts";
import type { PickingStep } from "../step.ts";

const LARGEST = 2 ** 48;

export function planSample({ rate, by, salt }: SampleOptions, scope: Scope): void {
  const isIn = (text: string): boolean => shareOf(`${salt ?? ""} ${text}`) < rate;
  const step: PickingStep = {
    pick({ batch, rows }) {
      const { key } = batch;
      if (by === "id" || key === undefined) return rows.filter((row) => isIn(batch.id(row)));
      const { codes, values } = key;
      const known: (boolean | undefined)[] = [];
      return rows.filter((row) => {
        const code = codes === undefined ? row : (codes[row] as number);
        return (known[code] ??= isIn(values[code] ?? ""));
      });
    },
  };
  scope.pick(step, []);
}

/** From 0 to below 1, evenly and for good: SHA-256 is the same everywhere. */
const shareOf = (text: string): number => hash("sha256", text, "buffer").readUIntBE(0, 6) / LARGEST;
