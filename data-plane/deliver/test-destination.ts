import type { Outgoing } from "@o2mc/runtime/outgoing/outgoing.ts";
import type { DestinationTestAnswer } from "@o2mc/schema/destinations/destination-test.ts";
import { destinationOf } from "@o2mc/schema/destinations/destinations.ts";
import { OptionError } from "@o2mc/schema/options/option-error.ts";
import { secretsOf } from "@o2mc/schema/options/secrets-of.ts";
import { DESTINATIONS } from "./destinations.ts";
import { cleanText } from "./keep-secrets.ts";
import { connectionFailure, TestFailure } from "./test-failure.ts";

/** below what the control plane waits, so that there is always an answer */
const TIME_MS = 5_000;
const MAX_SERVER_CHARACTERS = 100;

/**
 * Goes to the destination as a delivery would and says what is wrong, if anything. `options` as in `DestinationConfig`.
 * Never throws, and takes 5 s at most; nothing of it goes to a log.
 */
export async function testDestination(
  options: unknown,
  outgoing: Outgoing,
  timeMs = TIME_MS,
): Promise<DestinationTestAnswer> {
  const [entry, ...others] = Object.entries(Object(options) as Record<string, unknown>);
  const [name, given] = entry ?? ["", undefined];
  const kind = others.length > 0 ? undefined : DESTINATIONS.find((each) => each.kind === name);
  const began = performance.now();
  const signal = AbortSignal.timeout(timeMs);
  const answer = (code: DestinationTestAnswer["code"], message: string, server: string | null = null) => {
    const milliseconds = Math.round(performance.now() - began);
    return { v: 1, code, message, server, milliseconds } as const;
  };
  if (kind === undefined) return answer("bad-options", "The destination is of no kind that is known here.");
  const secrets = secretsOf(destinationOf(name).options, given);
  try {
    const { server } = await Promise.race([kind.test(given, { outgoing, signal }), ended(signal)]);
    return answer("ok", "Results can be delivered there.", server === null ? null : printable(server, secrets));
  } catch (error) {
    if (signal.aborted) return answer("timed-out", "The destination did not answer in time.");
    // its own text may quote an option
    if (error instanceof OptionError) return answer("bad-options", `The option ${error.path} is not usable.`);
    const { code, message } = connectionFailure(error, "the destination");
    return answer(code, cleanText(message, secrets));
  }
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    signal.addEventListener("abort", () => fail(new TestFailure("timed-out", "")), { once: true });
  });
}

/** A server may call itself whatever it likes. */
const printable = (server: string, secrets: readonly string[]): string =>
  cleanText(server, secrets)
    .replaceAll(/[^\x20-\x7e]/g, "")
    .slice(0, MAX_SERVER_CHARACTERS);
