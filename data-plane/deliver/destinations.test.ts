import { DESTINATIONS as SPECS } from "@o2mc/schema/destinations/destinations.ts";
import { expect, test } from "vitest";
import { DESTINATIONS } from "./destinations.ts";
import { outgoingTo } from "./testkit/outgoing.ts";

const output = { name: "out", perSubject: false, columns: [] };

test("every kind that the schema has a spec of can be delivered to, and no other", () => {
  expect(DESTINATIONS.map(({ kind }) => kind).sort()).toEqual(SPECS.map(({ kind }) => kind).sort());
});

test.each(SPECS.map(({ kind, example }) => [kind, example] as const))(
  "%s opens with its spec's example, whose defaults are filled in, and with nothing that the spec does not know",
  (kind, example) => {
    const open = (options: object) =>
      DESTINATIONS.find((each) => each.kind === kind)?.open(options, { delivery: "d", output, outgoing: outgoingTo() });
    expect(open(example)?.gathering.messages).toBeGreaterThan(0);
    expect(() => open({ ...example, strange: 1 })).toThrow(`${kind}.strange is unknown`);
  },
);
