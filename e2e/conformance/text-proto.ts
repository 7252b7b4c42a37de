/** A message of protobuf's text format: the values of each field, in order. */
export type Message = ReadonlyMap<string, readonly Value[]>;
export type Value = string | { readonly word: string } | Message;

const TOKEN =
  /\s+|#[^\n]*|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<word>\[[\w./-]+\]|[-+]?[\w.][\w.+-]*)|(?<sign>[{}<>:;,[\]])/gy;

/** As much of the format as cel-spec's tests use: numbers and enum values come as their words. */
export function readTextProto(source: string): Message {
  const tokens = [...tokensOf(source)];
  let at = 0;

  function message(end: string | undefined): Message {
    const fields = new Map<string, Value[]>();
    while (at < tokens.length && tokens[at]?.text !== end) {
      const name = tokens[at++]?.text ?? "";
      if (name === "," || name === ";") continue;
      if (tokens[at]?.text === ":") at++;
      const values = fields.get(name) ?? [];
      if (tokens[at]?.text === "[") {
        at++;
        while (tokens[at]?.text !== "]") {
          if (tokens[at]?.text === ",") at++;
          else values.push(value());
        }
        at++;
      } else {
        values.push(value());
      }
      fields.set(name, values);
    }
    at++;
    return fields;
  }

  function value(): Value {
    const { text, isString } = tokens[at++] ?? { text: "", isString: false };
    if (text === "{" && !isString) return message("}");
    if (text === "<" && !isString) return message(">");
    if (!isString) return { word: text };
    let whole = text;
    while (tokens[at]?.isString === true) whole += tokens[at++]?.text ?? "";
    return whole;
  }

  return message(undefined);
}

function* tokensOf(source: string): Generator<{ readonly text: string; readonly isString: boolean }> {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const { groups } = TOKEN.exec(source) ?? {};
    if (groups === undefined) throw new Error("not the text format");
    if (groups["string"] !== undefined) yield { text: unescape(groups["string"].slice(1, -1)), isString: true };
    else if (groups["word"] !== undefined) yield { text: groups["word"], isString: false };
    else if (groups["sign"] !== undefined) yield { text: groups["sign"], isString: false };
  }
}

const SHORT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", f: "\f", v: "\v" };
const PART =
  /\\(?:(?<octal>[0-7]{1,3})|x(?<hex>[0-9a-fA-F]{1,2})|u(?<short>[0-9a-fA-F]{4})|U(?<long>[0-9a-fA-F]{8})|(?<c>.))|[^\\]+/gsu;

/** Octal and hexadecimal escapes are bytes of UTF-8. */
function unescape(text: string): string {
  const parts = Array.from(text.matchAll(PART), ({ 0: whole, groups = {} }) => {
    const { octal, hex, short, long, c } = groups;
    if (octal !== undefined) return Buffer.of(Number.parseInt(octal, 8));
    if (hex !== undefined) return Buffer.of(Number.parseInt(hex, 16));
    const point = short ?? long;
    if (point !== undefined) return Buffer.from(String.fromCodePoint(Number.parseInt(point, 16)));
    return Buffer.from(c === undefined ? whole : (SHORT[c] ?? c));
  });
  return Buffer.concat(parts).toString();
}
