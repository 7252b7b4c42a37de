import type { User } from "../../testkit/platform.ts";

/** Who is in the realm of the log-in tests, at every issuer alike. */
export const PEOPLE = [
  { email: "dev@demo.example", roles: ["developer", "analyst"], tenant: "demo" },
  // told to be of demo by their attribute, and member of something else
  { email: "stray@demo.example", roles: ["owner"], tenant: "demo", organizations: ["other"] },
  { email: "guessed@demo.example", roles: ["analyst"], tenant: "demo" },
  { email: "leaver@demo.example", roles: ["owner"], tenant: "demo" },
] as const;

export const PROGRAM = { id: "demo-program", roles: ["developer"], tenant: "demo" } as const;

export interface IssuerUnderTest {
  readonly issuer: string;
  /** another realm, with keys of its own */
  readonly otherIssuer: string;
  readonly users: readonly Pick<User, "email" | "password">[];
  readonly program: { readonly id: string; readonly secret: string };
  /** an administrator does */
  disable(email: string): Promise<void>;
  /** an administrator does: wrong passwords are forgotten */
  unlock(email: string): Promise<void>;
  /** an administrator does, in all sessions; undefined where there is no such thing */
  readonly signOutEverywhere?: (email: string) => Promise<void>;
  /** tries to, as the person whose token it is; undefined where people can change nothing of themselves */
  readonly setOwnTenant?: (accessToken: string, tenant: string) => Promise<void>;
  stop(): Promise<void>;
}
