import type { AddressInfo } from "node:net";
import { createLogger } from "@o2mc/runtime/log.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { readSettings } from "./env.ts";
import { createShop } from "./shop.ts";

const settings = readSettings();
const log = createLogger("shop", settings.logLevel);
const server = await createShop(settings, log);

server.listen(settings.port, settings.host, () => {
  log.info({ port: (server.address() as AddressInfo).port }, "shop listening");
});
onShutdown(log, async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});
