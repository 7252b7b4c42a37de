import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Receiver {
  readonly url: string;
  close(): void;
}

/**
 * A destination on this machine. `onRow` sees the event id of each row as the last byte of its request has come in, also of
 * those that are answered with 503 because `refuses` says so: their bytes are out all the same.
 */
export async function webhookReceiver(
  onRow: (eventId: string, at: number) => void,
  refuses: () => boolean = () => false,
): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const at = performance.now();
      const { rows } = JSON.parse(Buffer.concat(chunks).toString()) as { rows: readonly { id: string }[] };
      // `<source>/<event id>`
      for (const { id } of rows) onRow(id.slice(id.indexOf("/") + 1), at);
      if (refuses()) response.writeHead(503, { "retry-after": "1" }).end();
      else response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
