import type { Socket } from "node:net";

/** far more than what any statement of ours is answered with: the columns of a table, some notices, an error's detail */
const MAX_BYTES = 8 << 20;
const LOOK_MS = 50;

/**
 * Cuts off a server that answers one statement without end: the driver keeps a message until it is whole, in the memory that
 * all tenants' deliveries share, and whose server it is the tenant says.
 */
export class AnswerLimit {
  #socket: Socket | undefined;
  #before = 0;

  /** By its count of bytes and not by its data, which under TLS goes another way. */
  watch(socket: Socket): Socket {
    this.#socket = socket;
    this.#before = 0;
    const look = setInterval(() => {
      if (socket.bytesRead - this.#before > MAX_BYTES) socket.destroy(new Error("the server answers without end"));
    }, LOOK_MS).unref();
    socket.once("close", () => clearInterval(look));
    return socket;
  }

  /** A statement begins. */
  restart(): void {
    this.#before = this.#socket?.bytesRead ?? 0;
  }
}
