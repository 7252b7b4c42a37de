import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";

/** A TCP proxy that can keep the server's answers to itself, as a network does that fails between write and acknowledgement. */
export class DeafProxy {
  deaf = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `target` is `host:port`. */
  static async start(target: string): Promise<DeafProxy> {
    const [host = "", port = ""] = target.split(":");
    const server = createServer((client) => {
      const upstream = connect(Number(port), host);
      client.pipe(upstream);
      upstream.on("data", (chunk) => {
        if (!proxy.deaf) client.write(chunk);
      });
      for (const socket of [client, upstream]) {
        socket.on("error", () => undefined);
        socket.on("close", () => {
          client.destroy();
          upstream.destroy();
        });
      }
    });
    const proxy = new DeafProxy(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
  }
}
