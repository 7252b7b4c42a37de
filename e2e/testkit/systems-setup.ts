import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import findServers from "./global-setup.ts";
import { startPlatform, type Platform } from "./platform.ts";

/**
 * Before all scenarios. The platform that some of them share is started when the first asks for it (`sharedPlatform`), by
 * this process, which outlives the test files; the returned function stops it.
 */
export default async function setup(): Promise<() => Promise<void>> {
  await findServers();
  let shared: Promise<Platform> | undefined;
  const server = createServer((_request, response) => {
    shared ??= startPlatform();
    shared.then(
      ({ dataDir }) => response.end(dataDir),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  process.env["O2MC_E2E_SHARED_PLATFORM"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    server.close();
    await shared?.then((platform) => platform.stop());
  };
}
