import type Provider from "oidc-provider";

/**
 * Grows by the `sid` of every session that signs out, which is one for each client that it was used for; kept as long as the
 * process, which is longer than a token lasts.
 */
export function endedSessions(provider: Provider): ReadonlySet<string> {
  const ended = new Set<string>();
  provider.on("backchannel.success", (_ctx, _client, _accountId, sid) => ended.add(sid));
  provider.on("backchannel.error", (_ctx, _error, _client, _accountId, sid) => ended.add(sid));
  return ended;
}
