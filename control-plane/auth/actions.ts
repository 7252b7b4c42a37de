export const ROLES = ["owner", "developer", "privacy-officer", "analyst", "operator"] as const;
export type Role = (typeof ROLES)[number];

const EVERYONE = ["owner", "developer", "privacy-officer", "analyst"] as const;

/** Who may do what: the only such table. A machine token's scopes are names of these actions. */
export const ACTIONS = {
  "application.read": EVERYONE,
  "application.write": ["owner", "developer"],
  "application.delete": ["owner"],
  "source.read": EVERYONE,
  "source.write": ["owner", "developer"],
  "source.grant": ["owner", "privacy-officer"],
  "policy.read": EVERYONE,
  "policy.publish": ["privacy-officer"],
  "receipt.read": ["owner", "privacy-officer"],
  "consent.write": ["privacy-officer"],
  "subject.access": ["privacy-officer"],
  "subject.erase": ["privacy-officer"],
  "erasure.read": ["owner", "privacy-officer"],
  "pipeline.read": EVERYONE,
  "pipeline.write": ["owner", "developer"],
  "pipeline.approve": ["privacy-officer"],
  "pipeline.publish": ["owner", "developer"],
  "destination.read": EVERYONE,
  "destination.write": ["owner", "developer"],
  "result.subscribe": ["owner", "developer", "analyst"],
  "dead-letter.read": ["owner", "developer"],
  "token.read": ["owner", "developer"],
  "token.write": ["owner", "developer"],
  "audit.read": ["owner", "privacy-officer"],
  "audit.export": ["owner", "privacy-officer"],
  "credential.read": ["owner", "privacy-officer"],
  "credential.revoke": ["owner", "privacy-officer"],
  "member.read": ["owner", "privacy-officer"],
  "member.write": ["owner"],
  "tenant.create": ["operator"],
  "tenant.quotas": ["operator"],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type Action = keyof typeof ACTIONS;

/** Decisions that people answer for, and the making of credentials: never a program's. */
const PEOPLE_ONLY: ReadonlySet<Action> = new Set([
  "source.grant",
  "policy.publish",
  "consent.write",
  "subject.access",
  "subject.erase",
  "pipeline.approve",
  "token.write",
  "member.write",
  "credential.revoke",
  "tenant.create",
  "tenant.quotas",
]);

export function isAction(name: string): name is Action {
  return Object.hasOwn(ACTIONS, name);
}

/** True when a machine token may have the action as a scope. */
export function isScope(name: string): name is Action {
  return isAction(name) && !PEOPLE_ONLY.has(name);
}

export function rolesAllow(roles: readonly Role[], action: Action): boolean {
  const allowed: readonly Role[] = ACTIONS[action];
  return roles.some((role) => allowed.includes(role));
}
