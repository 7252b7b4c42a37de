import fc from "fast-check";
import { expect, test } from "vitest";
import { ambiguousEvents, isAmbiguous } from "./ambiguous-events.ts";

test.each<[string, string, readonly number[]]>([
  ["an envelope key", '{"id":"1","type":"t","id":"2"}', [0]],
  ["one written otherwise", String.raw`{"id":"1","\u0069d":"2"}`, [0]],
  ["consent", '[{"id":"1"},{"consent":{"purposes":[]} , "consent" : {}}]', [1]],
  ["a key of consent", '[{"id":"1"},{"id":"2","consent":{"purposes":[],"purposes":["a"]}}]', [1]],
  ["a key that every object inherits", '{"__proto__":1,"__proto__":2}', [0]],
  ["the same key in two events", '[{"id":"1"},{"id":"2"}]', []],
  ["a key of data that an envelope has", '{"id":"1","data":{"id":"2","consent":{"id":1,"id":1}},"type":"t"}', []],
  ["quotes and braces in text", String.raw`{"id":"\"id\":{[","type":"\\","time":"\\\"","data":{"a":"}"}}`, []],
  ["commas in arrays of arrays", '[[1,2],{"id":1,"data":[1,2,3]},{"id":1,"id":2}]', [2]],
])("%s", (_, text, events) => {
  JSON.parse(text);
  expect([...ambiguousEvents(text)]).toEqual(events);
});

test("a statement that names its purposes twice is ambiguous", () => {
  expect(isAmbiguous('{"purposes":[],"policyVersion":1,"purposes":["a"]}')).toBe(true);
  expect(isAmbiguous('{"purposes":[],"policyVersion":1}')).toBe(false);
});

const key = fc.constantFrom("id", "consent", "data", "__proto__", 'a"\\', "é", "purposes");
const value = fc.jsonValue({ maxDepth: 3 });
const pairs = fc.array(fc.tuple(key, fc.oneof(value, fc.array(fc.tuple(key, value), { maxLength: 4 }))), {
  maxLength: 6,
});

/** Members in the order of their writing, which objects would not keep twice. */
const write = (members: readonly (readonly [string, unknown])[], space: string, nested = true): string =>
  `{${space}${members
    .map(([name, member]) => {
      const isPairs = nested && Array.isArray(member) && member.length > 0 && member.every(isPair);
      return `${JSON.stringify(name)}${space}:${space}${isPairs ? write(member as [string, unknown][], space, false) : JSON.stringify(member)}`;
    })
    .join(`,${space}`)}}`;
const isPair = (one: unknown): boolean => Array.isArray(one) && one.length === 2 && typeof one[0] === "string";

test("finds what a list of the written names has twice, and nothing else", () => {
  const twice = (names: readonly string[]): boolean => new Set(names).size < names.length;
  fc.assert(
    fc.property(fc.array(pairs, { maxLength: 4 }), fc.constantFrom("", " ", "\n\t"), (events, space) => {
      const text = `[${events.map((event) => write(event, space)).join(`${space},`)}]`;
      const expected = events.flatMap((event, index) => {
        const inside = event.some(
          ([name, member]) =>
            name === "consent" &&
            Array.isArray(member) &&
            member.length > 0 &&
            member.every(isPair) &&
            twice((member as [string, unknown][]).map(([inner]) => inner)),
        );
        return inside || twice(event.map(([name]) => name)) ? [index] : [];
      });
      expect([...ambiguousEvents(text)]).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});
