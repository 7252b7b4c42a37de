import { OutgoingRefused } from "@o2mc/runtime/outgoing/outgoing-refused.ts";
import { Permanent } from "./destination.ts";

/** What the platform does not connect or write to it never will: `Permanent`, with the refusal's own code; undefined for any other error. */
export function outgoingError(error: unknown): Permanent | undefined {
  return error instanceof OutgoingRefused ? new Permanent(error.code, error.message) : undefined;
}
