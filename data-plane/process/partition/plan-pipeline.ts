import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import { ENVELOPE_TYPES } from "@o2mc/schema/expression/parse.ts";
import { noCounts } from "@o2mc/schema/health/step-counters.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { placeWithin, type Place } from "@o2mc/schema/pipeline/place.ts";
import type { NodeTable } from "../compile/node.ts";
import { Scope, type Operation, type RouteOperation, type StepPlace } from "../compile/scope.ts";
import { planStep } from "../steps/plan.ts";
import type { Services } from "../steps/step.ts";

/** The line of the definition's steps, which goes on in those of its operations, and all steps in the definition's order. */
export function planPipeline(
  { id, definition, outputs }: DeployedPipeline,
  lane: DeployedLane,
  services: Services,
  table: NodeTable,
): { readonly line: Scope; readonly places: readonly StepPlace[] } {
  const places: StepPlace[] = [];
  const inputs = new Map<string, FieldType>(ENVELOPE_TYPES);
  for (const field of lane.fields) inputs.set(field.path, field.type);
  const planLine = (steps: readonly Step[], start: Scope, placeOf: (index: number) => Place): Scope => {
    let scope = start;
    steps.forEach((step, i) => {
      const at = { place: placeOf(i), verb: Object.keys(step)[0] as StepPlace["verb"], counters: noCounts() };
      places.push(at);
      scope.at = at;
      planStep(step, scope, services, outputs, (label, line) =>
        planLine(line as readonly Step[], scope.fork(), (index) => placeWithin(at.place, label, index)),
      );
      const last = scope.operations.at(-1);
      const made = last?.kind === "keep";
      if (made) scope = last.next;
      scope.at = at;
      scope.mark(made);
    });
    return start;
  };
  const line = planLine(definition.steps, Scope.of(table, id, inputs), (index) => index + 1);
  return { line, places };
}

export const linesOf = ({ lines, otherwise }: RouteOperation): readonly Scope[] =>
  otherwise === undefined ? lines : [...lines, otherwise];

/** Of a line and all that it goes on in, in the order of the definition. */
export function* operationsOf({ operations }: Scope): Iterable<Operation> {
  for (const operation of operations) {
    yield operation;
    if (operation.kind === "route") for (const line of linesOf(operation)) yield* operationsOf(line);
    if (operation.kind === "keep") yield* operationsOf(operation.next);
  }
}
