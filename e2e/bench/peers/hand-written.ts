import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";

/** P as one would write it in JavaScript by hand: `hand-written.ts IN OUT`. */
interface Event {
  readonly subject: string;
  readonly data: {
    readonly page: { readonly path: string; readonly title: string; readonly referrer: string };
    readonly product: { readonly sku: string; readonly price: number };
    readonly client: { readonly ip: string };
  };
}

const [, , from = "", to = ""] = process.argv;
const out = createWriteStream(to);
let lines: string[] = [];
for await (const line of createInterface({ input: createReadStream(from, { highWaterMark: 1 << 20 }) })) {
  const { subject, data } = JSON.parse(line) as Event;
  const { page, product, client } = data;
  if (product.price >= 174) continue;
  lines.push(
    JSON.stringify({
      subject: createHash("sha256").update(subject).digest("hex"),
      ip: `${client.ip.slice(0, client.ip.lastIndexOf("."))}.0`,
      section: page.path.split("/")[1],
      total: product.price * 3,
      path: page.path,
      title: page.title,
      referrer: page.referrer,
      sku: product.sku,
    }),
  );
  if (lines.length < 1000) continue;
  out.write(`${lines.join("\n")}\n`);
  lines = [];
}
out.end(lines.length === 0 ? "" : `${lines.join("\n")}\n`);
