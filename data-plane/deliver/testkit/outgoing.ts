import { AddressRule } from "@o2mc/runtime/outgoing/address-rule.ts";
import { Connector, type Resolve } from "@o2mc/runtime/outgoing/connector.ts";
import { FolderRule } from "@o2mc/runtime/outgoing/folder-rule.ts";
import { type NetworkRange, parseNetworkRange } from "@o2mc/runtime/outgoing/network-range.ts";
import type { Outgoing } from "@o2mc/runtime/outgoing/outgoing.ts";

interface Opened {
  readonly allow?: readonly string[];
  readonly roots?: readonly string[];
  readonly resolve?: Resolve;
}

/** The ways out as a test opens them; by default the machine itself, and every folder. */
export function outgoingTo({ allow = ["127.0.0.0/8"], roots = ["/"], resolve }: Opened = {}): Outgoing {
  const ranges = allow.flatMap((text): NetworkRange[] => {
    const range = parseNetworkRange(text);
    if (range === undefined) throw new Error(`${text} is no range`);
    return [range];
  });
  return {
    connector: new Connector(new AddressRule({ allow: ranges, deny: [] }), resolve),
    folders: new FolderRule(roots),
  };
}
