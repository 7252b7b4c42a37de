import { createAccount, fromPublic } from "@nats-io/nkeys";
import { expect, test } from "vitest";
import { derive, deriveAccount } from "./derive-account.ts";

const seedOf = (): string => new TextDecoder().decode(createAccount().getSeed());

test("the same account for a name, another for another name or tenant", () => {
  const [one, two] = [seedOf(), seedOf()];
  const key = (seed: string, name: string): string => deriveAccount(seed, name).getPublicKey();
  expect(key(one, "edge")).toBe(key(one, "edge"));
  expect(new Set([key(one, "edge"), key(one, "deliver"), key(two, "edge")]).size).toBe(3);
  expect(Buffer.from(derive(one, "edge")).equals(derive(one, "account edge"))).toBe(false);
});

test("it is an account that signs", () => {
  for (let i = 0; i < 50; i++) {
    const account = deriveAccount(seedOf(), "edge");
    expect(account.getPublicKey()).toMatch(/^A/);
    const data = new TextEncoder().encode("claims");
    expect(fromPublic(account.getPublicKey()).verify(data, account.sign(data))).toBe(true);
  }
});
