import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Kind, parse, print, validate, type GraphQLSchema } from "graphql/index.js";
import type { OperationManifest, PersistedOperation } from "@o2mc/schema/graphql/persisted-operations.ts";

const FOLDER = join(import.meta.dirname, "../../../schema/graphql/operations");

/**
 * The manifest of our clients' operations, as text. Each `.graphql` file holds named operations without fragments; throws for
 * one that does not fit the schema, and for a name that two have.
 */
export function printManifest(schema: GraphQLSchema): string {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".graphql"));
  const operations = files.flatMap((name) => operationsOf(schema, name));
  const names = operations.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two operations have the name ${twice}`);
  const manifest: OperationManifest = {
    format: "apollo-persisted-query-manifest",
    version: 1,
    operations: operations.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function operationsOf(schema: GraphQLSchema, file: string): PersistedOperation[] {
  const document = parse(readFileSync(join(FOLDER, file), "utf8"), { noLocation: true });
  const [problem] = validate(schema, document);
  if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
  return document.definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.name === undefined) {
      throw new Error(`${file} may hold named operations only`);
    }
    const body = print(definition);
    const id = createHash("sha256").update(body).digest("hex");
    return { id, name: definition.name.value, type: definition.operation, body };
  });
}
