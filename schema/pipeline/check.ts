import type { FieldDeclaration, FieldType, Policy } from "../consent/policy.ts";
import { ExpressionError } from "../expression/error.ts";
import { checkExpression } from "../expression/parse.ts";
import { checkShape } from "./check-shape.ts";
import { checkNewName, Columns, type Column } from "./columns.ts";
import { DefinitionError, type DefinitionErrorCode } from "./definition-error.ts";
import type { PipelineDefinition, Step } from "./definition.ts";
import type { AnonymizeOptions } from "./steps/anonymize.ts";
import type { EmitOptions } from "./steps/emit.ts";
import type { SessionizeOptions } from "./steps/sessionize.ts";
import type { Aggregate, WindowOptions } from "./steps/window.ts";
import type { OutputType } from "./types.ts";

export interface CheckedDefinition {
  /** the policy's fields that some step reads, in the order of first use; the frames need carry no other */
  readonly readSet: readonly FieldDeclaration[];
  readonly outputs: readonly OutputType[];
}

const MAX_STEPS = 64;
const MAX_TIME_SECONDS = 24 * 3600;
const OUTPUT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** what a result row adds of its own, in JSON and in tables */
const RESERVED_OUTPUT_COLUMNS = ["id", "result_id"];

/**
 * Checks a definition against the policy of its application, as publish does, and gives its types. Throws a
 * DefinitionError with the first thing that is wrong.
 */
export function checkDefinition(
  definition: PipelineDefinition,
  policy: Policy,
  { partitions }: { readonly partitions: number },
): CheckedDefinition {
  checkPurposes(definition.purposes, policy);
  checkTime(definition);
  if (definition.steps.length > MAX_STEPS) {
    throw new DefinitionError(
      "too-many-steps",
      undefined,
      `A pipeline has at most ${MAX_STEPS} steps; this one has ${definition.steps.length}.`,
    );
  }
  const walk: Walk = { columns: new Columns(policy, definition.purposes), partitions, perSubject: true, outputs: [] };
  definition.steps.forEach((step, index) => checkStep(step, index + 1, walk));
  if (walk.outputs.length === 0) {
    throw new DefinitionError("no-emit", undefined, "The pipeline has no emit step, so nothing would come of it.");
  }
  return { readSet: walk.columns.readSet(), outputs: walk.outputs };
}

interface Walk {
  readonly columns: Columns;
  readonly partitions: number;
  perSubject: boolean;
  readonly outputs: OutputType[];
}

function checkPurposes(purposes: readonly string[], policy: Policy): void {
  if (purposes.length === 0) {
    throw new DefinitionError("no-purpose", undefined, "A pipeline names at least one purpose.");
  }
  for (const name of purposes) {
    if (policy.purposes.some((purpose) => purpose.name === name)) continue;
    throw new DefinitionError("unknown-purpose", undefined, `The policy has no purpose ${JSON.stringify(name)}.`);
  }
}

function checkTime({ time }: PipelineDefinition): void {
  for (const [name, least] of [
    ["disorderSeconds", 0],
    ["idleSeconds", 1],
  ] as const) {
    const value: unknown = time[name];
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= MAX_TIME_SECONDS) continue;
    const message = `time.${name} must be a whole number from ${least} to ${MAX_TIME_SECONDS}.`;
    throw new DefinitionError("invalid-option", undefined, message);
  }
}

function checkStep(given: Step, number: number, walk: Walk): void {
  const step = checkShape(given, number);
  const { columns } = walk;
  if ("filter" in step) {
    const { purposes } = expression(step.filter.where, columns, number, "boolean");
    columns.narrowRows(purposes);
  } else if ("map" in step) {
    // all expressions see the row as it was before the step
    const made = step.map.set.map(
      ({ field, expression: source }) => [field, expression(source, columns, number)] as const,
    );
    const names = new Set<string>();
    for (const [field, column] of made) {
      if (names.has(field)) {
        throw new DefinitionError("duplicate-column", number, `Step ${number} sets column ${field} twice.`);
      }
      names.add(field);
      columns.set(field, column, number);
    }
  } else if ("drop" in step) {
    for (const field of step.drop.fields) {
      columns.find(field, number);
      columns.remove(field);
    }
  } else if ("rename" in step) {
    for (const { from, to } of step.rename.fields) {
      const { type, purposes } = columns.read(from, number);
      columns.remove(from);
      columns.add(to, { type, purposes }, number);
    }
  } else if ("anonymize" in step) {
    checkAnonymize(step.anonymize, number, columns);
  } else if ("lookup" in step) {
    const { field, into } = step.lookup.geoip;
    const { type, purposes } = columns.read(field, number);
    expectType(field, type, ["string"], number, "lookup");
    columns.add(`${into}.country`, { type: "string", purposes }, number);
    columns.add(`${into}.city`, { type: "string", purposes }, number);
    columns.add(`${into}.latitude`, { type: "number", purposes }, number);
    columns.add(`${into}.longitude`, { type: "number", purposes }, number);
  } else if ("sessionize" in step) {
    checkSessionize(step.sessionize, number, walk);
  } else if ("window" in step) {
    checkWindow(step.window, number, walk);
  } else {
    checkEmit(step.emit, number, walk);
  }
}

const EXPRESSION_CODES: Readonly<Record<string, DefinitionErrorCode>> = {
  EXPRESSION_UNKNOWN_FIELD: "unknown-field",
  EXPRESSION_TYPE: "type-mismatch",
};

function expression(source: string, columns: Columns, number: number, expected?: FieldType): Column {
  try {
    // the envelope is among the columns for as long as rows are events
    const { type, fields } = checkExpression(source, columns.types(), expected, { envelope: false });
    return { type, purposes: columns.purposesOf(fields, number) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { line, column, message } = error;
    const where = `Step ${number}, line ${line}, column ${column} of the expression: ${message}.`;
    throw new DefinitionError(EXPRESSION_CODES[error.code] ?? "invalid-expression", number, where, { cause: error });
  }
}

function checkAnonymize(options: AnonymizeOptions, number: number, columns: Columns): void {
  const { field, method } = options;
  const { type, purposes, tellsSubjects } = columns.read(field, number);
  const unused = method === "generalise" ? "keep" : method === "hash" && options.keep != null ? "keep" : "step";
  if (options[unused] != null) {
    throw new DefinitionError(
      "invalid-option",
      number,
      `Step ${number}: anonymize.${unused} has no use for ${method}.`,
    );
  }
  if (method === "hash") {
    columns.replace(field, { type: "string", purposes, tellsSubjects: tellsSubjects === true });
  } else if (method === "generalise") {
    expectType(field, type, ["number", "integer"], number, "anonymize generalise");
    if (options.step == null) {
      throw new DefinitionError("invalid-option", number, `Step ${number}: anonymize.step is missing.`);
    }
    const whole = type === "integer" && Number.isInteger(options.step);
    columns.replace(field, { type: whole ? "integer" : "number", purposes });
  } else {
    expectType(field, type, ["string"], number, `anonymize ${method}`);
    columns.replace(field, { type, purposes });
  }
}

function checkSessionize(options: SessionizeOptions, number: number, walk: Walk): void {
  const { columns } = walk;
  if (!walk.perSubject) {
    const message = `Step ${number} makes sessions of one subject each, but an earlier window has put subjects together.`;
    throw new DefinitionError("needs-subject", number, message);
  }
  const purposes = columns.purposesOf([], number);
  const sticky = options.sticky.map(({ field, as }) => {
    checkNewName(as, number);
    const column = columns.read(field, number);
    return [as, { type: column.type, purposes: column.purposes }] as const;
  });
  columns.restart(
    [
      ["session.start", { type: "timestamp", purposes }],
      ["session.end", { type: "timestamp", purposes }],
      ["session.events", { type: "integer", purposes }],
      ...sticky,
    ],
    number,
  );
}

function checkWindow(options: WindowOptions, number: number, walk: Walk): void {
  const { columns } = walk;
  const by = options.by.map((field) => [field, columns.read(field, number)] as const);
  const subject = by.find(([field]) => field === "$subject")?.[1];
  const perSubject = subject !== undefined;
  if (perSubject && subject.tellsSubjects !== true) {
    const message = `Step ${number} groups by $subject, but an earlier anonymize has made subjects alike.`;
    throw new DefinitionError("needs-subject", number, message);
  }
  if (!perSubject && walk.partitions !== 1) {
    throw new DefinitionError(
      "needs-one-partition",
      number,
      `Step ${number} puts events of several subjects together, which needs an application with one partition; ` +
        `this one has ${walk.partitions}. Add $subject to window.by, or set the application's partitions to 1.`,
    );
  }
  // which groups there are tells of the fields that made them
  columns.narrowRows(columns.purposesOf(options.by, number));
  const purposes = columns.purposesOf([], number);
  const aggregates = options.aggregates.map((aggregate) => {
    checkNewName(aggregate.as, number);
    return [aggregate.as, aggregateColumn(aggregate, number, columns)] as const;
  });
  columns.restart(
    [
      ["window.start", { type: "timestamp", purposes }],
      ["window.end", { type: "timestamp", purposes }],
      ...by.map(
        ([name, { type, tellsSubjects }]) => [name, { type, purposes, tellsSubjects: tellsSubjects === true }] as const,
      ),
      ...aggregates,
    ],
    number,
  );
  walk.perSubject = walk.perSubject && perSubject;
}

function aggregateColumn({ as, kind, field }: Aggregate, number: number, columns: Columns): Column {
  if (field == null) {
    if (kind === "count") return { type: "integer", purposes: columns.purposesOf([], number) };
    throw new DefinitionError("invalid-option", number, `Step ${number}: ${kind} ${as} needs a field.`);
  }
  if (kind === "count") {
    throw new DefinitionError("invalid-option", number, `Step ${number}: count ${as} counts rows and takes no field.`);
  }
  const { type, purposes } = columns.read(field, number);
  if (kind === "distinct") return { type: "integer", purposes };
  expectType(field, type, ["number", "integer"], number, "sum");
  return { type, purposes };
}

function checkEmit({ output, fields }: EmitOptions, number: number, { columns, outputs, perSubject }: Walk): void {
  if (!OUTPUT_NAME.test(output)) {
    const message = `Step ${number} names an output ${JSON.stringify(output)}; names are a letter, then up to 63 letters, digits, _ and -.`;
    throw new DefinitionError("invalid-name", number, message);
  }
  if (outputs.some(({ name }) => name === output)) {
    throw new DefinitionError("duplicate-output", number, `Step ${number} emits to output ${output} a second time.`);
  }
  const names = fields ?? columns.names();
  if (names.length === 0) throw new DefinitionError("invalid-option", number, `Step ${number} emits no column.`);
  // tables write a dot as _
  const flat = new Set<string>();
  const types = names.map((name) => {
    const { type, purposes } = columns.read(name, number);
    if (RESERVED_OUTPUT_COLUMNS.includes(name)) {
      const message = `Step ${number} emits a column ${name}, a name that each result's own id has: rename it before.`;
      throw new DefinitionError("reserved-name", number, message);
    }
    const plain = name.replaceAll(".", "_");
    if (flat.has(plain)) {
      throw new DefinitionError("duplicate-column", number, `Step ${number} emits column ${name} a second time.`);
    }
    flat.add(plain);
    return { name, type, purposes };
  });
  outputs.push({ name: output, columns: types, perSubject });
}

function expectType(field: string, type: FieldType, allowed: readonly FieldType[], number: number, what: string): void {
  if (allowed.includes(type)) return;
  const message = `Step ${number}: ${what} needs a field of type ${allowed.join(" or ")}, and ${field} is of type ${type}.`;
  throw new DefinitionError("type-mismatch", number, message);
}
