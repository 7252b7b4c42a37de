import type { Message, Value } from "./text-proto.ts";

/** A value of cel-spec's as an expression; undefined for what the language does not have. */
export function celText(value: Message): string | undefined {
  const [[kind, [given]] = ["", [undefined]]] = [...value] as [string, readonly Value[]][];
  const word = typeof given === "object" && "word" in given ? given.word : "";
  switch (kind) {
    case "string_value":
      return JSON.stringify(given);
    case "bool_value":
    case "int64_value":
      return word;
    case "null_value":
      return "null";
    case "double_value":
      return double(word);
    case "list_value":
      return all(fieldsOf(given, "values").map(celText), (items) => `[${items.join(", ")}]`);
    case "map_value":
      return all(
        fieldsOf(given, "entries").map((entry) =>
          all(
            [...fieldsOf(entry, "key"), ...fieldsOf(entry, "value")].map(celText),
            ([key = "", of = ""]) => `${key}: ${of}`,
          ),
        ),
        (entries) => `{${entries.join(", ")}}`,
      );
    case "object_value":
      return given instanceof Map ? object(given as Message) : undefined;
    default:
      return undefined;
  }
}

function double(word: string): string | undefined {
  const sign = word.startsWith("-") ? "-" : "";
  if (/inf/i.test(word)) return `${sign}1.0 / 0.0`;
  // what is no number is null
  if (/nan/i.test(word)) return "null";
  return /[.eE]/.test(word) ? word : `${word}.0`;
}

/** Times and spans, to the millisecond. */
function object(value: Message): string | undefined {
  const [[type, [given]] = ["", [undefined]]] = [...value] as [string, readonly Value[]][];
  if (!(given instanceof Map)) return undefined;
  const part = (name: string) => {
    const [of] = (given as Message).get(name) ?? [];
    return of !== undefined && typeof of === "object" && "word" in of ? Number(of.word) : 0;
  };
  const ms = part("seconds") * 1000 + Math.trunc(part("nanos") / 1e6);
  if (type.endsWith("google.protobuf.Timestamp]")) {
    return `timestamp("1970-01-01T00:00:00Z") + duration("${ms}ms")`;
  }
  return type.endsWith("google.protobuf.Duration]") ? `duration("${ms}ms")` : undefined;
}

function fieldsOf(value: Value | undefined, name: string): readonly Message[] {
  const values = value instanceof Map ? ((value as Message).get(name) ?? []) : [];
  return values.filter((each) => each instanceof Map) as readonly Message[];
}

function all(parts: readonly (string | undefined)[], make: (parts: readonly string[]) => string): string | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? make(known) : undefined;
}
