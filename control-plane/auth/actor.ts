import { isScope, rolesAllow, type Action, type Role } from "./actions.ts";

interface Bearer {
  /** who stands in the audit log */
  readonly id: string;
  readonly name: string;
  /** the person who answers for it: themselves, or who made the machine token */
  readonly person: string;
  readonly tenant: string;
  /** id of the token, for the audit log; null when the issuer gives it none */
  readonly credential: string | null;
  /** epoch ms */
  readonly expiresAt: number;
}

export type Person = Bearer & {
  readonly kind: "person";
  readonly email: string | null;
  readonly roles: readonly Role[];
  /** the log-in that the token is from */
  readonly session: {
    /** null when the issuer does not say */
    readonly sid: string | null;
    /** epoch seconds */
    readonly issuedAt: number;
  };
};

/** Who is asking. The tenant comes from here and from nowhere else. */
export type Actor = Person | (Bearer & { readonly kind: "machine"; readonly scopes: readonly string[] });

/** The tenant claim of the operator of the platform; no tenant of customers has this id. */
export const PLATFORM_TENANT = "platform";

export function may(actor: Actor, action: Action): boolean {
  if (actor.kind === "machine") return isScope(action) && actor.scopes.includes(action);
  if (action.startsWith("tenant.") && actor.tenant !== PLATFORM_TENANT) return false;
  return rolesAllow(actor.roles, action);
}
