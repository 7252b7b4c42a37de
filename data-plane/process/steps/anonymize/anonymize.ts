import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { AnonymizeOptions } from "@o2mc/schema/pipeline/steps/anonymize.ts";
import { column, withColumns, type Rows } from "../rows.ts";
import type { BuildContext, Step } from "../step.ts";
import { createHash } from "./hmac.ts";
import { truncate } from "./truncate.ts";

export function buildAnonymize(options: AnonymizeOptions, context: BuildContext): Step {
  const { field, method } = options;
  const change = changeOf(options, context);
  if (method === "hash") context.types.set(field, "string");
  if (method === "generalise" && !Number.isInteger(options.step)) context.types.set(field, "number");
  return {
    verb: "anonymize",
    run: (rows: Rows) =>
      withColumns(rows, [[field, column(rows, field).map((value) => (value === null ? null : change(value)))]]),
  };
}

function changeOf({ method, keep = 0, step = 1 }: AnonymizeOptions, { hashKey }: BuildContext) {
  switch (method) {
    case "hash": {
      const hash = createHash(hashKey);
      return (value: Exclude<Scalar, null>) => hash(String(value));
    }
    case "mask":
      return (value: Exclude<Scalar, null>) => {
        const characters = Array.from(String(value));
        const hidden = Math.max(0, characters.length - keep);
        return "*".repeat(hidden) + characters.slice(hidden).join("");
      };
    case "truncate":
      return (value: Exclude<Scalar, null>) => truncate(String(value), keep);
    case "generalise":
      return (value: Exclude<Scalar, null>) => Math.floor(Number(value) / step) * step;
  }
}
