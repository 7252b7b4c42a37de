import { expect, test } from "vitest";
import { DESTINATIONS } from "../destinations/destinations.ts";
import type { OptionSpecs } from "./option.ts";
import { withoutSecrets } from "./without-secrets.ts";

const LOGIN = {
  user: { kind: "text", description: "shown" },
  key: { kind: "text", secret: true, description: "hidden" },
} as const satisfies OptionSpecs;

test("secrets are left out at every depth, and so is what no spec knows", () => {
  const specs: OptionSpecs = {
    ...LOGIN,
    login: { kind: "object", name: "Login", options: LOGIN, description: "nested" },
    logins: { kind: "list", of: { kind: "object", name: "Login", options: LOGIN }, description: "nested" },
    all: { kind: "object", name: "Login", options: LOGIN, secret: true, description: "hidden as a whole" },
  };
  const login = { user: "u", key: "k" };
  expect(withoutSecrets(specs, { ...login, login, logins: [login], all: login, old: "k" })).toEqual({
    user: "u",
    login: { user: "u" },
    logins: [{ user: "u" }],
  });
});

test("the passwords of the destinations are secret", () => {
  const secrets = DESTINATIONS.flatMap(({ kind, options }) =>
    Object.entries(options).flatMap(([name, { secret }]) => (secret === true ? [`${kind}.${name}`] : [])),
  );
  expect(secrets).toEqual(expect.arrayContaining(["postgres.password", "webhook.secret"]));
});
