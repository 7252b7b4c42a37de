import { readFileSync } from "node:fs";
import { createLogger } from "@o2mc/runtime/log.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { readSettings } from "./env.ts";
import { parseRealm } from "./realm.ts";
import { createIssuer } from "./server.ts";

const { host, port, realmFile, logLevel, places } = readSettings();
const log = createLogger("issuer", logLevel);
const realm = parseRealm(readFileSync(realmFile, "utf8"));
const server = createIssuer(realm, `http://${host}:${port}`, places, log);

server.listen(port, host, () => log.info({ port }, "issuer listening"));
onShutdown(log, async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});
