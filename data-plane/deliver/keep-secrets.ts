import { type Destination, NotConnected, Partial, Permanent, RetryAfter } from "./destination.ts";

/**
 * The destination, with errors that quote none of the secrets. A server that we talk to, or a library on the way, may put
 * into a message whatever it likes, the password that it was just given included; logs and dead letters are made of these
 * messages. Nothing else of a foreign error is kept but its name and code: its other properties may hold values of rows.
 */
export function keepSecrets(destination: Destination, secrets: readonly string[]): Destination {
  const clean = cleaner(secrets);
  const guard = async <T>(attempt: () => Promise<T>): Promise<T> => {
    try {
      return await attempt();
    } catch (error) {
      throw clean.error(error);
    }
  };
  return {
    connect: () => guard(() => destination.connect()),
    write: (batch) => guard(() => destination.write(batch)),
    erase: (erasure) => guard(() => destination.erase(erasure)),
    close: () => guard(() => destination.close()),
    resumeAfter: () => destination.resumeAfter?.() ?? 0,
  };
}

/** A text in which none of the secrets stands. */
export const cleanText = (raw: string, secrets: readonly string[]): string => cleaner(secrets).text(raw);

function cleaner(secrets: readonly string[]): { text: (raw: string) => string; error: (error: unknown) => Error } {
  const forms = [...new Set(secrets.flatMap(spellings))].sort((a, b) => b.length - a.length);
  const text = (raw: string): string => forms.reduce((all, form) => all.replaceAll(form, "[secret]"), raw);

  const foreign = (error: unknown): Error => {
    if (!(error instanceof Error)) return new Error("the destination failed");
    const code = "code" in error && typeof error.code === "string" ? ` (${text(error.code)})` : "";
    const clean = new Error(`${text(error.message)}${code}`, { cause: causeOf(error) });
    if (error.stack !== undefined) clean.stack = text(error.stack);
    return clean;
  };
  const causeOf = (error: Error): Error | undefined => (error.cause === undefined ? undefined : foreign(error.cause));

  const own = (error: unknown): Error => {
    if (error instanceof NotConnected) return new NotConnected(error.code, text(error.message), causeOf(error));
    if (error instanceof Permanent) return new Permanent(error.code, text(error.message), causeOf(error));
    if (error instanceof RetryAfter) return new RetryAfter(error.code, error.ms, causeOf(error));
    if (error instanceof Partial) {
      const failures = [...error.failures].map(
        ([index, { code, message }]) => [index, { code, message: text(message) }] as const,
      );
      return new Partial(new Map(failures));
    }
    return foreign(error);
  };
  return { text, error: own };
}

/** A secret as it may stand in a text: itself, or as JSON, addresses, and base64 write it. */
function spellings(secret: string): string[] {
  const bare = secret.replace(/^whsec_/, "");
  const base64 = Buffer.from(secret).toString("base64");
  return [secret, bare, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64];
}
