import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PEOPLE, PROGRAM } from "./issuer-under-test.ts";

interface Client {
  readonly clientId: string;
  readonly protocolMappers: readonly { readonly name: string }[];
}

interface BaseRealm {
  readonly clients: readonly Client[];
}

export interface KeycloakUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** The realm that we ship (`helm/realm/o2mc.json`), with the log-in tests' people, organizations and program in it. */
export function testRealm(): {
  readonly realm: object;
  readonly users: readonly KeycloakUser[];
  readonly secret: string;
} {
  const file = join(import.meta.dirname, "../../../helm/realm/o2mc.json");
  const base = JSON.parse(readFileSync(file, "utf8")) as BaseRealm;
  const password = (): string => randomBytes(12).toString("base64url");
  const people = PEOPLE.map((person) => ({ ...person, id: randomUUID(), password: password() }));
  const secret = password();
  const organizationsOf = (person: (typeof PEOPLE)[number]): readonly string[] =>
    "organizations" in person ? person.organizations : [person.tenant];
  const users = people.map(({ id, email, roles, tenant, password: value }) => ({
    id,
    username: email,
    email,
    emailVerified: true,
    enabled: true,
    firstName: "A",
    lastName: "Person",
    attributes: { o2mc_tenant: [tenant] },
    realmRoles: [...roles, "default-roles-o2mc"],
    credentials: [{ type: "password", value }],
  }));
  const organizations = ["demo", "other"].map((alias) => ({
    name: alias,
    alias,
    enabled: true,
    domains: [{ name: `${alias}.organization.example` }],
    members: PEOPLE.filter((person) => organizationsOf(person).includes(alias)).map(({ email }) => ({
      username: email,
      membershipType: "UNMANAGED",
    })),
  }));
  const serviceAccount = {
    username: `service-account-${PROGRAM.id}`,
    enabled: true,
    serviceAccountClientId: PROGRAM.id,
    attributes: { o2mc_tenant: [PROGRAM.tenant] },
    realmRoles: PROGRAM.roles,
  };
  const program = {
    clientId: PROGRAM.id,
    secret,
    enabled: true,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: true,
    // a program's tokens are made as a person's are
    protocolMappers: base.clients.find(({ clientId }) => clientId === "o2mc-cli")?.protocolMappers ?? [],
  };
  return {
    // what comes as fast as tests do is not held to be a robot's: so that wrong passwords are counted
    realm: {
      ...base,
      quickLoginCheckMilliSeconds: 0,
      clients: [...base.clients, program],
      users: [...users, serviceAccount],
      organizations,
    },
    users: people,
    secret,
  };
}
