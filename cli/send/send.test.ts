import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readRecords, type Format } from "./records.ts";
import { send, type Counts } from "./send.ts";

const SHARED = process.env["O2MC_SHARED"] ?? resolve(import.meta.dirname, "../../../shared");

async function recordsOf(text: string, format: Format) {
  const records = [];
  for await (const record of readRecords(Readable.from([text]), format)) records.push(record);
  return records;
}

test("a combined line becomes an event by event time, and '-' is no value", async () => {
  const line = `192.0.2.1 - - [17/May/2015:10:05:03 +0200] "GET /a?b=c HTTP/1.1" 200 - "-" "agent \\"x\\""`;
  const [record] = await recordsOf(line, "combined");
  expect(record).toMatchObject({
    line: 1,
    event: {
      type: "http.request",
      time: "2015-05-17T10:05:03+02:00",
      subject: "192.0.2.1",
      data: {
        request: { method: "GET", path: "/a", query: "b=c", protocol: "HTTP/1.1" },
        response: { status: 200 },
        client: { ip: "192.0.2.1" },
      },
    },
  });
  expect(record).not.toHaveProperty("event.data.referrer");
});

test("CSV: envelope columns, dotted paths, numbers; a path cannot pollute a prototype", async () => {
  const [record] = await recordsOf("id,time,page.path,price,__proto__.x\n1,2020-01-01T00:00:00Z,/a,9.5,1\n", "csv");
  expect(record).toMatchObject({ event: { id: "1", data: { page: { path: "/a" }, price: 9.5 } } });
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
});

test("the real access log has 9,999 readable lines, and line 8,899 is not one", async () => {
  let good = 0;
  const bad: number[] = [];
  for await (const record of readRecords(createReadStream(join(SHARED, "data/apache_access.log")), "combined")) {
    if ("reason" in record) bad.push(record.line);
    else good += 1;
  }
  expect({ good, bad }).toEqual({ good: 9999, bad: [8899] });
});

test("batches are retried after 503, rejections come back by line number, nothing is sent twice after its 202", async () => {
  const seen: string[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (refused++ === 0) return void response.writeHead(503, { "retry-after": "0" }).end();
      const events = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString("utf8")) as { id: string }[];
      seen.push(...events.map((event) => event.id));
      const rejected = events.flatMap((event, index) =>
        event.id === "e3" ? [{ index, code: "time-missing", message: "no time" }] : [],
      );
      response.writeHead(202, { "content-type": "application/json" });
      response.end(JSON.stringify({ accepted: events.length - rejected.length, denied: [], rejected }));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const counts: Counts = { lines: 0, accepted: 0, denied: {}, retries: 0, rejected: [] };
  const text = Array.from({ length: 1200 }, (_, i) => JSON.stringify({ id: `e${i}` })).join("\n");
  const edge = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await send(Readable.from([`\n${text}`]), "ndjson", { edge, source: "s", key: "k", patienceMs: 10_000 }, counts);
  server.close();
  expect(counts).toMatchObject({
    accepted: 1199,
    retries: 1,
    rejected: [{ line: 5, reason: "time-missing: no time" }],
  });
  expect(seen.toSorted()).toEqual(Array.from({ length: 1200 }, (_, i) => `e${i}`).toSorted());
});
