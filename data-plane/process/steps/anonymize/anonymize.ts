import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { AnonymizeOptions } from "@o2mc/schema/pipeline/steps/anonymize.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Services } from "../step.ts";
import { truncate } from "./truncate.ts";

export function planAnonymize(options: AnonymizeOptions, scope: Scope, services: Services): void {
  const { field, method, keep, step } = options;
  const node = scope.read(field);
  const name = JSON.stringify(["anonymize", method, keep, step]);
  scope.set([[field, scope.change(name, node, typeAfter(options, node.type), changeOf(options, services))]]);
}

function typeAfter({ method, step }: AnonymizeOptions, type: FieldType): FieldType {
  if (method !== "generalise") return "string";
  return type === "integer" && Number.isInteger(step) ? "integer" : "number";
}

function changeOf({ method, keep, step }: AnonymizeOptions, { hash }: Services) {
  switch (method) {
    case "hash":
      return (value: Exclude<Scalar, null>) => hash(String(value));
    case "mask":
      return (value: Exclude<Scalar, null>) => {
        const characters = Array.from(String(value));
        const hidden = Math.max(0, characters.length - (keep ?? 0));
        return "*".repeat(hidden) + characters.slice(hidden).join("");
      };
    case "truncate":
      return (value: Exclude<Scalar, null>) => truncate(String(value), keep ?? 0);
    case "generalise":
      return (value: Exclude<Scalar, null>) => Math.floor(Number(value) / (step ?? 1)) * (step ?? 1);
  }
}
