import type { Ports } from "./ports.ts";

export interface Addresses {
  readonly graphql: string;
  readonly subscriptions: string;
  readonly edge: string;
  readonly shop: string;
  readonly issuer: string;
  readonly console: string;
  readonly hooks: string;
}

export function addressesOf(ports: Ports): Addresses {
  const at = (port: number, path = ""): string => `http://127.0.0.1:${port}${path}`;
  return {
    graphql: at(ports["control-plane"], "/graphql"),
    subscriptions: `ws://127.0.0.1:${ports["control-plane"]}/graphql`,
    edge: at(ports.edge),
    shop: at(ports.shop),
    issuer: at(ports.issuer, "/realms/o2mc"),
    console: at(ports.console),
    hooks: at(ports.shop, "/hooks/sessions"),
  };
}
