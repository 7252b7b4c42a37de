import { Gate } from "../consent/gate.ts";
import type { FieldDeclaration, FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { eventSubject } from "@o2mc/schema/subjects.ts";
import { compileReader } from "./field-reader.ts";
import type { ApplicationRules, SourceRules } from "./read-event.ts";
import { KnownShapes } from "./shape/known-shapes.ts";
import { Subjects } from "./subject-key.ts";

/** One lane as the edge fills it. */
export interface LanePlan {
  readonly index: number;
  readonly partitions: number;
  /** NATS subject of each partition */
  readonly subjects: readonly string[];
  /** the columns of its frames: name, and where the event's value stands in its row of values; -1 = seen by nobody here */
  readonly columns: readonly { readonly path: string; readonly type: FieldType; readonly value: number }[];
}

/** What the edge needs of one deployment, compiled once per revision. */
export interface ApplicationPlan extends ApplicationRules {
  readonly gate: Gate;
  readonly lanes: readonly LanePlan[];
  /** where `$ip` stands among the values; -1 when not declared */
  readonly ipValue: number;
  readonly sources: ReadonlyMap<string, SourcePlan>;
}

export interface SourcePlan extends SourceRules {
  readonly application: ApplicationPlan;
  /** judged by this plan's policy, hence forgotten with it */
  readonly shapes: KnownShapes;
}

/** `previous`, the plan of an earlier revision, lends its subjects. */
export function compilePlan(deployment: Deployment, previous?: ApplicationPlan): ApplicationPlan {
  const { policy, application } = deployment;
  const { fields } = policy;
  const sources = new Map<string, SourcePlan>();
  const sameSalt = previous?.deployment.subjectSalt === deployment.subjectSalt;
  const plan: ApplicationPlan = {
    deployment,
    gate: new Gate(policy, deployment.lanes),
    lanes: deployment.lanes.map((lane, index) => ({
      index,
      partitions: lane.partitions,
      subjects: Array.from({ length: lane.partitions }, (_, partition) =>
        eventSubject(application, lane.id, partition),
      ),
      columns: lane.fields.map(({ path }) => columnFor(fields, path, lane.purposes)),
    })),
    emptyRow: fields.map(() => null),
    readFields: compileReader(fields),
    subjectValue: fields.findIndex(({ path }) => path === "$subject"),
    ipValue: fields.findIndex(({ path }) => path === "$ip"),
    subjects: previous !== undefined && sameSalt ? previous.subjects : new Subjects(deployment.subjectSalt),
    sources,
  };
  for (const source of deployment.sources)
    sources.set(source.id, { source, application: plan, shapes: new KnownShapes() });
  return plan;
}

/** The compiler has checked it before; the gate takes nobody's word for what a lane may see. */
function columnFor(fields: readonly FieldDeclaration[], path: string, purposes: readonly string[]) {
  const index = fields.findIndex((field) => field.path === path);
  const { type = "string", purposes: seenBy = [] } = fields[index] ?? {};
  const visible = purposes.length > 0 && purposes.every((purpose) => seenBy.includes(purpose));
  return { path, type, value: visible ? index : -1 };
}
