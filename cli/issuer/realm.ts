import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";

const User = z.object({
  id: z.string(),
  email: z.string(),
  password: z.string(),
  roles: z.array(z.string()),
  tenant: z.string(),
  /** aliases of the organizations whose member they are; only their tenant's when not said */
  organizations: z.array(z.string()).optional(),
  enabled: z.boolean().default(true),
});

const Realm = z.object({
  users: z.array(User),
  /** confidential clients for programs: client credentials, in the name of one tenant */
  programs: z.array(z.object({ id: z.string(), secret: z.string(), roles: z.array(z.string()), tenant: z.string() })),
  /** private signing keys; they stay, so that a restart ends nobody's log-in */
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })),
  cookieKeys: z.array(z.string()),
});

/** What the development issuer knows; the launcher makes it once and keeps it in the data folder. */
export type Realm = z.infer<typeof Realm>;
export type RealmUser = z.infer<typeof User>;

/** The user with this id, unless disabled. */
export const userById = (realm: Realm, id: string | undefined): RealmUser | undefined =>
  realm.users.find((each) => each.id === id && each.enabled);

export const parseRealm = (text: string): Realm => Realm.parse(JSON.parse(text));

interface Person {
  readonly email: string;
  readonly roles: readonly string[];
  readonly tenant: string;
  readonly organizations?: readonly string[];
}

interface Program {
  readonly id: string;
  readonly roles: readonly string[];
  readonly tenant: string;
}

/** A realm with new keys and a random password for everybody. */
export function newRealm(people: readonly Person[], programs: readonly Program[]): Realm {
  const secret = (): string => randomBytes(12).toString("base64url");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), kty: "RSA", kid: randomUUID(), use: "sig", alg: "RS256" };
  return {
    users: people.map(({ organizations, ...person }) => ({
      id: randomUUID(),
      password: secret(),
      enabled: true,
      ...person,
      roles: [...person.roles],
      ...(organizations === undefined ? {} : { organizations: [...organizations] }),
    })),
    programs: programs.map((program) => ({ secret: secret(), ...program, roles: [...program.roles] })),
    keys: [key],
    cookieKeys: [secret()],
  };
}
