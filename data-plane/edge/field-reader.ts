import { parseRfc3339 } from "../consent/rfc3339.ts";
import type { FieldDeclaration, FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";

/** Reads the declared fields of `data` into `into`, by the fields' order; the path of the first of another type, if any. */
export type FieldReader = (data: object, into: Scalar[]) => string | undefined;

interface Node {
  readonly path: string;
  /** position in `into` and type, when a field is declared at this path */
  leaf?: { readonly index: number; readonly type: FieldType };
  readonly children: Map<string, Node>;
}

/** One walk over the declared paths, however many fields lie below the same object. Envelope fields are left out. */
export function compileReader(fields: readonly FieldDeclaration[]): FieldReader {
  const root: Node = { path: "", children: new Map() };
  fields.forEach(({ path, type }, index) => {
    if (path.startsWith("$")) return;
    let node = root;
    for (const key of path.split(".")) {
      let child = node.children.get(key);
      if (child === undefined) {
        child = { path: node.path === "" ? key : `${node.path}.${key}`, children: new Map() };
        node.children.set(key, child);
      }
      node = child;
    }
    node.leaf = { index, type };
  });
  return compileChildren(root) ?? (() => undefined);
}

function compileChildren(node: Node): FieldReader | undefined {
  if (node.children.size === 0) return undefined;
  const members = Array.from(node.children, ([key, child]) => ({
    key,
    // only names that every object inherits need the slower look
    inherited: key in Object.prototype,
    path: child.path,
    leaf: child.leaf,
    below: compileChildren(child),
  }));
  return (data, into) => {
    for (const { key, inherited, path, leaf, below } of members) {
      const value: unknown =
        inherited && !Object.hasOwn(data, key) ? undefined : (data as Readonly<Record<string, unknown>>)[key];
      if (value === undefined || value === null) continue;
      if (leaf !== undefined) {
        const scalar = scalarOf(value, leaf.type);
        if (scalar !== undefined) into[leaf.index] = scalar;
        else if (below === undefined || !isObject(value)) return path;
      }
      if (below !== undefined) {
        if (isObject(value)) {
          const wrong = below(value, into);
          if (wrong !== undefined) return wrong;
        } else if (leaf === undefined) {
          return path;
        }
      }
    }
    return undefined;
  };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value as a field of this type has it; undefined = it is of another type. */
export function scalarOf(value: unknown, type: FieldType): Scalar | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? value : undefined;
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
    case "integer":
      return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "timestamp": {
      const time = typeof value === "string" ? parseRfc3339(value) : NaN;
      return Number.isNaN(time) ? undefined : time;
    }
    default:
      return undefined;
  }
}
