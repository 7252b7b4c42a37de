import { Agent, request } from "node:http";

export interface Target {
  readonly url: string;
  /** POST where it is not said */
  readonly method?: "POST" | "PUT";
  /** of request number `i`, behind the URL; absent = nothing */
  readonly path?: (i: number) => string;
  readonly headers: Readonly<Record<string, string>>;
  /** body of request number `i` */
  readonly body: (i: number) => string;
}

/** Sends from `connections` keep-alive connections for `seconds`; returns answered requests a second. Anything but a 2xx throws. */
export async function postFor(target: Target, connections: number, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const start = performance.now();
  const end = start + seconds * 1000;
  let sent = 0;
  const worker = async (): Promise<number> => {
    let answered = 0;
    while (performance.now() < end) {
      await post(target, agent, sent++);
      answered += 1;
    }
    return answered;
  };
  const answers = await Promise.all(Array.from({ length: connections }, worker));
  const elapsed = (performance.now() - start) / 1000;
  agent.destroy();
  return answers.reduce((sum, each) => sum + each, 0) / elapsed;
}

function post(target: Target, agent: Agent, i: number): Promise<void> {
  const body = target.body(i);
  return new Promise((done, fail) => {
    const call = request(
      target.url + (target.path?.(i) ?? ""),
      {
        method: target.method ?? "POST",
        agent,
        headers: { ...target.headers, "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        response.resume();
        response.on("end", () => (status >= 200 && status < 300 ? done() : fail(new Error(`answered ${status}`))));
      },
    );
    call.on("error", fail);
    call.end(body);
  });
}
