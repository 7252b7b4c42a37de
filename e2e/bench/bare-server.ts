import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The yardstick of ingest: bare node:http that reads the body and answers 202. Prints its port. */
const server = createServer((request, response) => {
  request.on("data", () => undefined);
  request.on("end", () => response.writeHead(202, { "content-length": "0" }).end());
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
