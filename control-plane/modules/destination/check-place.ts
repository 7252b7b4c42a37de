import { OutgoingRefused } from "@o2mc/runtime/outgoing/outgoing-refused.ts";
import { outgoingOf, type OutgoingSettings } from "@o2mc/runtime/outgoing/outgoing.ts";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import type { DestinationKind } from "@o2mc/schema/destinations/destinations.ts";
import { ApiError } from "../../errors/api-error.ts";

interface Destination {
  readonly kind: DestinationKind;
  readonly options: DestinationConfig["options"];
}

/**
 * Tells early what is known from the options alone to be closed, with DESTINATION_REFUSED. It is no wall: what a name stands
 * for when it is connected to, and where a folder really is, deliver decides.
 */
export function checkPlace({ kind, options }: Destination, settings: OutgoingSettings, tenant: string): void {
  const { connector, folders } = outgoingOf(settings, tenant);
  const checkHost = (host: string, port: number): void =>
    connector.refuseLiteral(/(^|\.)localhost\.?$/i.test(host) ? "127.0.0.1" : host, port);
  const { url, host, port, directory } = options[kind] ?? {};
  try {
    if (typeof url === "string") checkHost(new URL(url).hostname, portOf(new URL(url)));
    if (typeof host === "string") checkHost(host, Number(port));
    if (typeof directory === "string") folders.check(directory);
  } catch (error) {
    if (!(error instanceof OutgoingRefused)) throw error;
    const { code, message } = error;
    throw new ApiError("DESTINATION_REFUSED", { problem: message }, { cause: error, extensions: { reason: code } });
  }
}

function portOf({ protocol, port }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}
