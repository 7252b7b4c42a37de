import { WebSocket } from "ws";

/** Sends these messages to the API's WebSocket one after another; resolves with all that it said, ending in `closed <code>`. */
export function rawSocket(
  url: string,
  messages: readonly object[],
  { origin, done }: { readonly origin?: string; readonly done?: (said: readonly string[]) => boolean } = {},
): Promise<readonly string[]> {
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/graphql`,
    "graphql-transport-ws",
    origin === undefined ? {} : { origin },
  );
  const said: string[] = [];
  return new Promise((resolve) => {
    socket.on("open", () => {
      for (const message of messages) socket.send(JSON.stringify(message));
    });
    socket.on("message", (data: Buffer) => {
      said.push(data.toString("utf8"));
      if (done?.(said) === true) socket.close();
    });
    socket.on("unexpected-response", (_request, response) => {
      resolve([`refused ${response.statusCode}`]);
      socket.terminate();
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => resolve([...said, `closed ${code}`]));
  });
}
