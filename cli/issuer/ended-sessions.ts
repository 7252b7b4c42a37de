import type Provider from "oidc-provider";

/** Grows by the `sid` of every session that signs out; kept as long as the process, which is longer than a token lasts. */
export function endedSessions(provider: Provider): ReadonlySet<string> {
  const ended = new Set<string>();
  provider.on("end_session.success", (ctx) => {
    const uid = ctx.oidc.session?.uid;
    if (uid !== undefined) ended.add(uid);
  });
  return ended;
}
