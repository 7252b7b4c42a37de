import { readFileSync } from "node:fs";
import { join } from "node:path";

/** An operation of our own clients. */
export interface PersistedOperation {
  /** lower-case hex SHA-256 of the body */
  readonly id: string;
  readonly name: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly body: string;
}

/** The form that Apollo's tools make and read. */
export interface OperationManifest {
  readonly format: "apollo-persisted-query-manifest";
  readonly version: 1;
  readonly operations: readonly PersistedOperation[];
}

export const MANIFEST_FILE = join(import.meta.dirname, "persisted-operations.json");

/** What `npm run operations:print` has made of `operations/*.graphql`. */
export const readManifest = (file = MANIFEST_FILE): readonly PersistedOperation[] =>
  (JSON.parse(readFileSync(file, "utf8")) as OperationManifest).operations;

/** `extensions` of a request for one of our operations; throws for a name that none has. */
export function persistedQuery(name: string): { readonly persistedQuery: object } {
  const operation = readManifest().find((each) => each.name === name);
  if (operation === undefined) throw new Error(`there is no operation ${name} in ${MANIFEST_FILE}`);
  return { persistedQuery: { version: 1, sha256Hash: operation.id } };
}
