import {
  getNamedType,
  isEnumType,
  isObjectType,
  isScalarType,
  isUnionType,
  type GraphQLField,
  type GraphQLOutputType,
} from "graphql/index.js";

type Field = GraphQLField<unknown, unknown>;

const DEPTH = 4;

/** An operation that asks one root field for everything that it can tell, with the arguments named in `given`. */
export function operationText(
  kind: "query" | "mutation" | "subscription",
  field: Field,
  given: Readonly<Record<string, unknown>>,
): string {
  const args = field.args.filter((arg) => arg.name in given);
  const declared = args.map((arg) => `$${arg.name}: ${arg.type.toString()}`).join(", ");
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const head = declared === "" ? "" : `(${declared})`;
  return `${kind} ${head} { ${field.name}${passed === "" ? "" : `(${passed})`} ${selection(field.type, DEPTH)} }`;
}

function selection(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isScalarType(named) || isEnumType(named)) return "";
  if (isUnionType(named)) {
    const parts = named.getTypes().map((member) => `... on ${member.name} ${selection(member, depth)}`);
    return `{ __typename ${parts.join(" ")} }`;
  }
  if (!isObjectType(named)) throw new Error(`no selection for ${named.name}`);
  const fields = Object.values(named.getFields()).flatMap((field) => {
    const below = getNamedType(field.type);
    const leaf = isScalarType(below) || isEnumType(below);
    return leaf || depth > 0 ? [`${field.name} ${selection(field.type, depth - 1)}`] : [];
  });
  return `{ ${fields.join(" ")} }`;
}
