/** Stable codes (`extensions.code`) with their message templates; `{name}` is filled in. CODES.md explains each. */
export const CATALOGUE = {
  UNAUTHENTICATED: "No valid token was sent.",
  AUTH_UNAVAILABLE: "The token cannot be checked now: the identity provider does not answer.",
  FORBIDDEN: "This needs the permission {action}.",
  TENANT_UNKNOWN: "The tenant of this token does not exist.",
  NOT_FOUND: "There is no {kind} {id}.",
  CONFLICT: "There is one of that name already.",
  ORIGIN_TAKEN: "{origin} already belongs to a web source; a site can have one only.",
  IN_USE: "The {kind} is still in use: {by}.",
  INVALID_INPUT: "{field} {problem}.",
  INVALID_CURSOR: "The cursor was not given out by this list or output.",
  POLICY_MISSING: "The application has no consent policy yet.",
  DEFINITION_INVALID: "{problem}",
  DRAFT_MISSING: "The pipeline has no draft.",
  DRAFT_CHANGED: "The draft no longer asks for these purposes; look at it again.",
  APPROVAL_MISSING: "A privacy officer has not approved this pipeline for {purposes}.",
  APPROVAL_OWN_DRAFT: "Nobody approves a draft of their own.",
  SCOPE_NOT_ALLOWED: "The scope {scope} cannot be given to a token by you.",
  HUB_UNAVAILABLE: "The hub cannot be reached for this tenant now.",
  QUERY_INVALID: "{problem}",
  INTERNAL: "Something went wrong on our side.",
} as const;

export type ErrorCode = keyof typeof CATALOGUE;
