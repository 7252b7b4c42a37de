import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { pageView } from "../events.ts";

const VISITORS = 20_000;
/** between two events */
const STEP_MS = 20;

/** Lines of page views that end now, of visitors who come at random. */
export async function writeEvents(file: string, count: number): Promise<void> {
  const out = createWriteStream(file);
  const start = Date.now() - count * STEP_MS;
  for (let i = 0; i < count; i += 1000) {
    const lines = Array.from({ length: Math.min(1000, count - i) }, (_, k) => {
      const visitor = (Math.imul(i + k, 2654435761) >>> 0) % VISITORS;
      return `${JSON.stringify(pageView(i + k, `visitor-${visitor}`, start + (i + k) * STEP_MS, "peers"))}\n`;
    });
    if (!out.write(lines.join(""))) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}
