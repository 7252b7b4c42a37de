import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql/index.js";
import { ASSUMED_LENGTH } from "./limits.ts";

export interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly selections: number;
  /** objects that the answer can hold at most */
  readonly objects: number;
}

type Variables = Readonly<Record<string, unknown>>;

const NOTHING: Measure = { depth: 0, aliases: 0, selections: 0, objects: 0 };

/**
 * Measures the dearest operation of a document, in time that is linear in its text: each fragment is measured once, so
 * that fragments that double one another cannot make the measuring itself the attack. Needs no valid document: what is
 * unknown counts as little as it can do, and a fragment inside itself as nothing (validation refuses it).
 */
export function measureDocument(schema: GraphQLSchema, document: DocumentNode, variables: Variables): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const measured = new Map<string, Measure>();

  const ofFragment = (name: string): Measure => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    measured.set(name, NOTHING);
    const fragment = fragments.get(name);
    const measure =
      fragment === undefined
        ? NOTHING
        : ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
    measured.set(name, measure);
    return measure;
  };

  const ofSelection = (selection: SelectionNode, parent: GraphQLNamedType | undefined): Measure => {
    switch (selection.kind) {
      case Kind.FRAGMENT_SPREAD:
        return add({ ...NOTHING, selections: 1 }, ofFragment(selection.name.value));
      case Kind.INLINE_FRAGMENT: {
        const on = selection.typeCondition?.name.value;
        return add(
          { ...NOTHING, selections: 1 },
          ofSelections(selection.selectionSet, on === undefined ? parent : schema.getType(on)),
        );
      }
      case Kind.FIELD:
        return ofField(selection, parent);
    }
  };

  const ofField = (node: FieldNode, parent: GraphQLNamedType | undefined): Measure => {
    // the schema's own description: refused as a whole where it is not wanted
    if (node.name.value.startsWith("__")) return { depth: 1, aliases: count(node.alias), selections: 1, objects: 0 };
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    const type = field === undefined ? undefined : getNamedType(field.type);
    const below = node.selectionSet === undefined ? NOTHING : ofSelections(node.selectionSet, type);
    return {
      depth: below.depth + 1,
      aliases: below.aliases + count(node.alias),
      selections: below.selections + 1,
      objects: objectsAt(field, parent, isCompositeType(type) ? 1 : 0, below.objects, given(node, field, variables)),
    };
  };

  const ofSelections = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): Measure =>
    set.selections.reduce((sum, selection) => add(sum, ofSelection(selection, parent)), NOTHING);

  const each = operations.map(({ operation, selectionSet }) =>
    ofSelections(selectionSet, schema.getRootType(operation) ?? undefined),
  );
  return {
    depth: Math.max(0, ...each.map(({ depth }) => depth)),
    aliases: Math.max(0, ...each.map(({ aliases }) => aliases)),
    selections: Math.max(0, ...each.map(({ selections }) => selections)),
    objects: Math.max(0, ...each.map(({ objects }) => objects)),
  };
}

/** `first` multiplies a list, and what is below a connection: there once, and not at its edges too. */
function objectsAt(
  field: GraphQLField<unknown, unknown> | undefined,
  parent: GraphQLNamedType | undefined,
  own: number,
  below: number,
  first: number | undefined,
): number {
  const list = field !== undefined && isListType(getNullableType(field.type));
  if (!list) return own + (first ?? 1) * below;
  const assumed =
    parent?.name.endsWith("Connection") === true ? 1 : (field.extensions["assumedLength"] ?? ASSUMED_LENGTH);
  return (first ?? Number(assumed)) * (own + below);
}

/** The value of `first`, of a field that has it; 1 for one that is no length. */
function given(
  node: FieldNode,
  field: GraphQLField<unknown, unknown> | undefined,
  variables: Variables,
): number | undefined {
  const paged = field?.args.find(({ name }) => name === "first");
  if (paged === undefined) return undefined;
  const argument = node.arguments?.find(({ name }) => name.value === "first")?.value;
  let value: unknown = paged.defaultValue;
  if (argument?.kind === Kind.INT) value = Number(argument.value);
  else if (argument?.kind === Kind.VARIABLE) value = variables[argument.name.value] ?? value;
  return typeof value === "number" && value > 0 ? value : 1;
}

const count = (present: unknown): number => (present === undefined ? 0 : 1);

const add = (a: Measure, b: Measure): Measure => ({
  depth: Math.max(a.depth, b.depth),
  aliases: a.aliases + b.aliases,
  selections: a.selections + b.selections,
  objects: a.objects + b.objects,
});
