/** What one request may ask for. Generous for a console's page, small beside what would slow the API for others. */
export const LIMITS = {
  /** words and signs of the query's text */
  tokens: 4_000,
  /** fields below one another */
  depth: 12,
  /** aliased fields, each use of a fragment counted */
  aliases: 30,
  /** fields and fragments, each use of a fragment counted */
  selections: 1_500,
  /** objects that the answer can hold at most */
  objects: 20_000,
  operationMs: 10_000,
  /** running at once over one WebSocket */
  subscriptionsPerSocket: 20,
} as const;

/** How many entries are reckoned with for a list whose length is not asked for; `extensions.assumedLength` of a field says other. */
export const ASSUMED_LENGTH = 10;
