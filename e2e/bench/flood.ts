import { Agent, request } from "node:http";
import { pageView } from "./events.ts";

/**
 * A process that sends batches at a fixed pace whatever it is answered, until it is told to stop; then tells what it was.
 * Arguments: URL of the events, write key, events of a batch, batches a second.
 */
export interface FloodAnswers {
  /** batches by status */
  readonly statuses: Readonly<Record<number, number>>;
  /** refusals without the stable code, or without Retry-After */
  readonly unexplained: number;
}

const BODIES = 50;

const [url = "", writeKey = "", size = "0", pace = "0"] = process.argv.slice(2);
const bodies = Array.from({ length: BODIES }, (_, b) =>
  JSON.stringify(
    Array.from({ length: Number(size) }, (_, k) =>
      pageView(b * Number(size) + k, `visitor-${k}`, Date.now(), `flood${Date.now()}`),
    ),
  ),
);
const agent = new Agent({ keepAlive: true });
const statuses: Record<number, number> = {};
let unexplained = 0;
let sent = 0;
const start = performance.now();
const timer = setInterval(() => {
  const due = ((performance.now() - start) / 1000) * Number(pace);
  while (sent < due) send(bodies[sent++ % BODIES] ?? "");
}, 5);

process.once("message", () => {
  clearInterval(timer);
  setTimeout(() => {
    process.send?.({ statuses, unexplained } satisfies FloodAnswers);
    process.disconnect();
    agent.destroy();
  }, 1_000);
});

function send(body: string): void {
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${writeKey}`,
    "content-length": Buffer.byteLength(body),
  };
  const call = request(url, { method: "POST", agent, headers }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => (text += chunk));
    response.on("end", () => {
      const status = response.statusCode ?? 0;
      statuses[status] = (statuses[status] ?? 0) + 1;
      const explained = text.includes('"code":"quota-exceeded"') && Number(response.headers["retry-after"]) > 0;
      if (status === 429 && !explained) unexplained++;
    });
  });
  call.on("error", () => (statuses[0] = (statuses[0] ?? 0) + 1));
  call.end(body);
}
