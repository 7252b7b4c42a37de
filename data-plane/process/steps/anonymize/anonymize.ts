import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { AnonymizeOptions } from "@o2mc/schema/pipeline/steps/anonymize.ts";
import { TIME } from "../../compile/functions/time.ts";
import type { Change } from "../../compile/node.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Services } from "../step.ts";
import { truncate } from "./truncate.ts";

export function planAnonymize(options: AnonymizeOptions, scope: Scope, services: Services): void {
  const { field, method, keep, step, to, zone, rotate } = options;
  const node = scope.read(field);
  const name = JSON.stringify(["anonymize", method, keep, step, to, zone, rotate]);
  const changed = scope.change(
    name,
    node,
    typeAfter(options, node.type),
    changeOf(options, services),
    rotate !== undefined,
  );
  scope.set([[field, changed]]);
}

function typeAfter({ method, step }: AnonymizeOptions, type: FieldType): FieldType {
  if (method !== "generalise") return "string";
  if (type === "timestamp") return type;
  return type === "integer" && Number.isInteger(step) ? "integer" : "number";
}

function changeOf({ method, keep, step, to, zone = "UTC", rotate }: AnonymizeOptions, services: Services): Change {
  const { hash, rotatingHash } = services;
  switch (method) {
    case "hash":
      if (rotate === undefined) return (value) => hash(String(value));
      return (value, time) => rotatingHash(rotate, startOf(time, rotate, "UTC"), String(value));
    case "mask":
      return (value) => {
        const characters = Array.from(String(value));
        const hidden = Math.max(0, characters.length - (keep ?? 0));
        return "*".repeat(hidden) + characters.slice(hidden).join("");
      };
    case "truncate":
      return (value) => truncate(String(value), keep ?? 0);
    case "generalise":
      if (to !== undefined) return (value) => finite(startOf(Number(value), to, zone));
      return (value) => Math.floor(Number(value) / (step ?? 1)) * (step ?? 1);
  }
}

const startOf = TIME["date.startOf(timestamp, unit, zone): timestamp"];

const finite = (value: number): number | null => (Number.isNaN(value) ? null : value);
