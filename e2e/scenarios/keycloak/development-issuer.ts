import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { LogInAttempts } from "@o2mc/cli/issuer/attempts.ts";
import type { Places } from "@o2mc/cli/issuer/clients.ts";
import { newRealm, parseRealm, type Realm } from "@o2mc/cli/issuer/realm.ts";
import { createIssuer } from "@o2mc/cli/issuer/server.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { type IssuerUnderTest, PEOPLE, PROGRAM } from "./issuer-under-test.ts";

const NOWHERE: Places = { controlPlane: "http://127.0.0.1:1", console: "http://127.0.0.1:2" };

export async function startDevelopmentIssuer(places: Places = NOWHERE): Promise<IssuerUnderTest> {
  const realm = parseRealm(JSON.stringify(newRealm(PEOPLE, [PROGRAM])));
  const [own, other] = await Promise.all([
    serve(realm, places),
    serve(parseRealm(JSON.stringify(newRealm([], []))), places),
  ]);
  return {
    issuer: own.issuer,
    otherIssuer: other.issuer,
    users: realm.users,
    program: { id: PROGRAM.id, secret: realm.programs[0]?.secret ?? "" },
    disable: (email) => {
      for (const user of realm.users) if (user.email === email) user.enabled = false;
      return Promise.resolve();
    },
    unlock: (email) => Promise.resolve(own.attempts.accountEntered(email)),
    stop: async () => {
      for (const { server } of [own, other]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
    },
  };
}

async function serve(
  realm: Realm,
  places: Places,
): Promise<{ server: Server; issuer: string; attempts: LogInAttempts }> {
  const port = await freePort();
  const attempts = new LogInAttempts();
  const server = createIssuer(realm, `http://127.0.0.1:${port}`, places, createLogger("issuer", "silent"), attempts);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { server, attempts, issuer: `http://127.0.0.1:${port}/realms/o2mc` };
}

/** Its own address stands in every token, so it must be known before. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
