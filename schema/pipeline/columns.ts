import { FIELD_PATH, type FieldDeclaration, type FieldType, type Policy } from "../consent/policy.ts";
import { DefinitionError } from "./definition-error.ts";
import { mergeOrigins, purposesOf, type Origin } from "./origin.ts";
import type { Place } from "./place.ts";

export interface Column {
  readonly type: FieldType;
  /** every declared field that it was made from: the purposes that may see it are those that may see them all */
  readonly origins: readonly Origin[];
  /** the policy's field whose value it still is: reading it puts that field into the read set */
  readonly declaration?: FieldDeclaration;
  /** the policy's field whose value, as it came, it holds under whatever name */
  readonly whole?: FieldDeclaration;
  /** false once it may be the same for two subjects */
  readonly tellsSubjects?: boolean;
}

export interface ColumnType {
  readonly name: string;
  readonly type: FieldType;
  readonly purposes: readonly string[];
}

/** attributes that every lane sees */
const OPEN: Readonly<Record<string, FieldType>> = {
  $id: "string",
  $type: "string",
  $time: "timestamp",
  $source: "string",
};

/** The columns of the current rows while a definition is walked, and what was read of the policy's fields on the way. */
export class Columns {
  readonly #policy: Policy;
  readonly #purposes: readonly string[];
  readonly #readSet: Map<string, FieldDeclaration>;
  readonly #firstRead: Map<string, Place>;
  #columns = new Map<string, Column>();
  /** what decided which rows are left: a row's mere existence tells of the fields it was picked by */
  #rows: readonly Origin[] = [];
  #made = false;

  constructor(policy: Policy, purposes: readonly string[], like?: Columns) {
    this.#policy = policy;
    this.#purposes = purposes;
    this.#readSet = like === undefined ? new Map<string, FieldDeclaration>() : like.#readSet;
    this.#firstRead = like === undefined ? new Map<string, Place>() : like.#firstRead;
    if (like !== undefined) {
      this.#columns = new Map(like.#columns);
      this.#rows = like.#rows;
      this.#made = like.#made;
      return;
    }
    for (const [name, type] of Object.entries(OPEN)) this.#columns.set(name, { type, origins: [] });
    for (const field of policy.fields) {
      if (!purposes.every((purpose) => field.purposes.includes(purpose))) continue;
      const tellsSubjects = field.path === "$subject";
      this.#columns.set(field.path, { type: field.type, origins: [], declaration: field, whole: field, tellsSubjects });
    }
  }

  /** For a line of its own, which changes none of these; what it reads is in the same read set. */
  fork(): Columns {
    return new Columns(this.#policy, this.#purposes, this);
  }

  /** The rows are no events any more: some step has made them. */
  get made(): boolean {
    return this.#made;
  }

  names(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /** For expressions: declared fields that are hidden or gone are among them, so that `read` can say which and why. */
  types(): ReadonlyMap<string, FieldType> {
    const types = new Map(this.#policy.fields.map((field) => [field.path, field.type]));
    for (const [name, column] of this.#columns) types.set(name, column.type);
    return types;
  }

  readSet(): readonly FieldDeclaration[] {
    return [...this.#readSet.values()];
  }

  /** The column without reading it, say to drop it. */
  find(name: string, step: Place): Column {
    const column = this.#columns.get(name);
    if (column !== undefined) return column;
    const declared = this.#policy.fields.find((field) => field.path === name);
    const hidden = declared && this.#purposes.find((purpose) => !declared.purposes.includes(purpose));
    if (hidden !== undefined) {
      throw new DefinitionError(
        "field-not-permitted",
        step,
        `Step ${step} reads field ${name}, which the policy does not let purpose ${hidden} see.`,
      );
    }
    const why = declared ? "an earlier step has removed it" : "neither the policy nor an earlier step names it";
    throw new DefinitionError("unknown-field", step, `Step ${step} reads field ${name}, which is not there: ${why}.`);
  }

  read(name: string, step: Place): Column {
    const column = this.find(name, step);
    if (column.declaration !== undefined) this.#readSet.set(column.declaration.path, column.declaration);
    return { ...column, origins: mergeOrigins(this.ownOrigins(column, step), this.#rows) };
  }

  /** Those of the column's value alone, without what its row's existence tells. */
  ownOrigins({ declaration, origins }: Column, step: Place): readonly Origin[] {
    if (declaration === undefined) return origins;
    const { path, purposes } = declaration;
    let first = this.#firstRead.get(path);
    if (first === undefined) this.#firstRead.set(path, (first = step));
    return [{ field: path, step: first, purposes }];
  }

  /** Origins of a value that is computed from `names`. */
  originsOf(names: Iterable<string>, step: Place): readonly Origin[] {
    return mergeOrigins(this.#rows, ...[...names].map((name) => this.read(name, step).origins));
  }

  /** Name, type and who may see each, without reading any. */
  describe(step: Place): readonly ColumnType[] {
    return Array.from(this.#columns, ([name, { type, declaration, origins }]) => {
      const own = declaration === undefined ? origins : [{ field: name, step, purposes: declaration.purposes }];
      return { name, type, purposes: this.purposesOf(mergeOrigins(own, this.#rows)) };
    });
  }

  /** Who may see a value of these origins. */
  purposesOf(origins: readonly Origin[]): readonly string[] {
    return purposesOf(origins, this.#policy);
  }

  /** From here on, rows are there or not because of a value with these origins. */
  narrowRows(origins: readonly Origin[]): void {
    this.#rows = mergeOrigins(this.#rows, origins);
  }

  set(name: string, column: Column, step: Place): void {
    checkNewName(name, step);
    this.#columns.set(name, column);
  }

  /** In place: the name stays what it was, `$subject` included. */
  replace(name: string, column: Column): void {
    this.#columns.set(name, column);
  }

  add(name: string, column: Column, step: Place): void {
    if (this.#columns.has(name)) throw duplicate(name, step);
    this.set(name, column, step);
  }

  remove(name: string): void {
    this.#columns.delete(name);
  }

  /** The step makes rows of its own: only these columns are left. */
  restart(columns: readonly (readonly [name: string, column: Column])[], step: Place): void {
    const names = new Set<string>();
    for (const [name] of columns) {
      if (names.has(name)) throw duplicate(name, step);
      names.add(name);
    }
    this.#columns = new Map(columns);
    this.#made = true;
  }
}

/** A name that a step gives: a path, and none of the envelope's. */
export function checkNewName(name: string, step: Place): void {
  if (name.startsWith("$")) {
    throw new DefinitionError(
      "reserved-name",
      step,
      `Step ${step} may not name a column ${name}: $ is the envelope's.`,
    );
  }
  if (!FIELD_PATH.test(name)) {
    throw new DefinitionError(
      "invalid-name",
      step,
      `Step ${step} names a column ${JSON.stringify(name)}; names are letters, digits and _, in up to 8 parts joined by dots.`,
    );
  }
}

const duplicate = (name: string, step: Place): DefinitionError =>
  new DefinitionError("duplicate-column", step, `Step ${step} makes column ${name} a second time.`);
