import { OutgoingRefused } from "@o2mc/runtime/outgoing/outgoing-refused.ts";
import type { DestinationTestCode } from "@o2mc/schema/destinations/destination-test.ts";

/** What is wrong with a destination. The sentence is ours: nothing that a server or a library said stands in it. */
export class TestFailure extends Error {
  override readonly name = "TestFailure";
  readonly code: DestinationTestCode;

  constructor(code: DestinationTestCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const BY_CODE: Readonly<Record<string, DestinationTestCode>> = {
  ENOTFOUND: "host-not-found",
  EAI_AGAIN: "host-not-found",
  EAI_NODATA: "host-not-found",
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timed-out",
  ECONNRESET: "unreachable",
  EPIPE: "unreachable",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETUNREACH: "unreachable",
  EPROTO: "tls",
};

/** Node's and OpenSSL's codes of certificates and handshakes */
const TLS = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** What kept us from `place` (`db.example, port 5432`), by the error's code alone. */
export function connectionFailure(error: unknown, place: string): TestFailure {
  if (error instanceof TestFailure) return error;
  if (error instanceof OutgoingRefused) {
    const code = error.code === "outgoing.folder-refused" ? "folder-refused" : "address-refused";
    return new TestFailure(code, `${error.message}.`);
  }
  const found = codeOf(error);
  const code = BY_CODE[found] ?? (TLS.test(found) ? "tls" : "failed");
  return new TestFailure(code, sentence(code, place, found), error);
}

function sentence(code: DestinationTestCode, place: string, found: string): string {
  switch (code) {
    case "host-not-found":
      return `No server of the name is known: ${place}.`;
    case "refused":
      return `Nothing accepts connections at ${place}.`;
    case "timed-out":
      return `No answer came in time from ${place}.`;
    case "unreachable":
      return `There is no way to ${place}, or the connection was broken there.`;
    case "tls":
      return `The encrypted connection to ${place} was not made: its certificate is not to be trusted or does not fit its name (${found}).`;
    default:
      return `Something went wrong on the way to ${place}${found === "" ? "" : ` (${found})`}.`;
  }
}

/** Of an error, its cause, or the first of several addresses that were tried. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if ("code" in error && typeof error.code === "string" && /^[A-Z0-9_]{1,64}$/.test(error.code)) return error.code;
  return codeOf(error.cause);
}
