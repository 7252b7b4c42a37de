import type { NatsKeys } from "./keys.ts";

/**
 * nats-server's configuration: accounts by JWT from the start, every message on the disk before it is acknowledged.
 * `max_file_store` is no promise of the disk's: accounts reserve their limits from it (10 GB a tenant), and streams are
 * bounded anyway. There is one listener: no MQTT, WebSocket, leaf node, gateway, cluster or monitoring port, and no
 * user without a credential; e2e/scenarios/attacks/hub.test.ts tries them.
 */
export function natsConfig(keys: NatsKeys, port: number, folder: string): string {
  const quoted = (text: string): string => JSON.stringify(text);
  return `# made by the launcher at every start
listen: "127.0.0.1:${port}"
server_name: o2mc
jetstream {
  store_dir: ${quoted(`${folder}/jetstream`)}
  max_memory_store: 64MB
  max_file_store: 1PB
  sync_interval: always
}
operator: ${quoted(keys.operatorJwt)}
system_account: ${keys.systemAccount}
resolver {
  type: full
  dir: ${quoted(`${folder}/accounts`)}
  allow_delete: true
  interval: "2m"
}
resolver_preload {
${keys.accounts.map(({ publicKey, jwt }) => `  ${publicKey}: ${quoted(jwt)}`).join("\n")}
}
`;
}
