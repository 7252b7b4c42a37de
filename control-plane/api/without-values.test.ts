import { buildSchema, graphqlSync } from "graphql/index.js";
import { GraphQLDateTime } from "graphql-scalars";
import { expect, test } from "vitest";
import { withoutValues } from "./without-values.ts";

const schema = buildSchema(`
  scalar DateTime
  enum Colour { RED BLUE }
  input Options { secret: String!, port: Int, colour: Colour, at: DateTime, flag: Boolean, id: ID, more: Options }
  type Query { make(options: Options, list: [Options!]): String }
`);
Object.assign(schema.getType("DateTime") ?? {}, {
  parseValue: GraphQLDateTime.parseValue.bind(GraphQLDateTime),
  parseLiteral: GraphQLDateTime.parseLiteral.bind(GraphQLDateTime),
});
const SECRETS = [
  "hunter2",
  'hunter2; at "options.x"; hunter2',
  "hunter2, found hunter2 does not exist in hunter2\nhunter2",
  "hunter2 cannot represent hunter2 got invalid value hunter2",
  'hunter2 Value hunter2 does not exist in "hunter2 at "x"; hunter2',
];

const messages = (source: string, variableValues: Record<string, unknown> = {}): readonly string[] =>
  (graphqlSync({ schema, source, variableValues }).errors ?? []).map(({ message }) => message);

test.each(SECRETS)("secret in an error: no shape of a wrong variable is answered with its value: %s", (secret) => {
  const query = `query ($o: Options, $l: [Options!]) { make(options: $o, list: $l) }`;
  const wrong = [
    { o: secret },
    { o: [secret] },
    { o: { secret: [secret] } },
    { o: { secret: { a: secret } } },
    { o: { secret: "x", port: secret } },
    { o: { secret: "x", colour: secret } },
    { o: { secret: "x", at: secret } },
    { o: { secret: "x", flag: secret } },
    { o: { secret: "x", id: { a: secret } } },
    { o: { secret: "x", more: secret } },
    { o: { secret: "x", more: { secret: [secret] } } },
    { l: [{ secret: [secret] }] },
    { l: secret },
  ];
  for (const variables of wrong) {
    const given = messages(query, variables);
    expect(given.join(), JSON.stringify(variables)).toContain("hunter2");
    expect(given.map(withoutValues).join()).not.toContain("hunter2");
    expect(given.map(withoutValues).join()).toContain(
      `Variable "$${Object.keys(variables).join()}" got an invalid value`,
    );
  }
});

test("secret in an error: no literal in a wrong place is answered with its value", () => {
  const literals = [
    `{ make(options: "hunter2") }`,
    `{ make(options: { secret: ["hunter2"] }) }`,
    `{ make(options: { secret: { a: "hunter2" } }) }`,
    `{ make(options: { secret: "x", port: "hunter2" }) }`,
    `{ make(options: { secret: "x", colour: "hunter2" }) }`,
    `{ make(options: { secret: "x", colour: hunter2 }) }`,
    `{ make(options: { secret: "x", at: "hunter2" }) }`,
    `{ make(options: { secret: "x", flag: "hunter2" }) }`,
    `{ make(options: { secret: hunter2 }) }`,
    `{ make(options: { secret "hunter2" }) }`,
    `{ make(options: { "hunter2" }) }`,
  ];
  for (const source of literals) {
    const given = messages(source);
    expect(given.join(), source).toContain("hunter2");
    expect(given.map(withoutValues).join(), source).not.toContain("hunter2");
  }
});

test("names and places are told still", () => {
  const unknown = { o: { secret: "x", prot: 1 } };
  expect(messages(`query ($o: Options) { make(options: $o) }`, unknown).map(withoutValues)).toEqual([
    'Variable "$o" got an invalid value; Field "prot" is not defined by type "Options". Did you mean "port"?',
  ]);
  expect(messages(`{ made }`).map(withoutValues)).toEqual([
    'Cannot query field "made" on type "Query". Did you mean "make"?',
  ]);
  expect(messages(`query ($o: Options) { make(options: $o) }`, { o: { secret: 5 } }).map(withoutValues)).toEqual([
    'Variable "$o" got an invalid value at "o.secret".',
  ]);
});
