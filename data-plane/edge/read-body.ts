import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, zstdDecompress } from "node:zlib";
import { Problem } from "./problem.ts";

const DECOMPRESSORS = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const;

/** The body, decompressed, of at most `limit` bytes before and after. Throws a Problem. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && !Object.hasOwn(DECOMPRESSORS, encoding)) throw new Problem("unsupported-encoding");
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
  const body = await collect(request, limit);
  if (encoding === "identity") return body;
  try {
    return await DECOMPRESSORS[encoding as keyof typeof DECOMPRESSORS](body, { maxOutputLength: limit });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(limit) : new Problem("invalid-compression", { cause });
  }
}

function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) {
        request.off("data", take);
        reject(tooLarge(limit));
      } else {
        chunks.push(chunk);
      }
    };
    request.on("data", take);
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)));
    request.on("error", (cause) => reject(new Problem("incomplete-body", { cause })));
    request.on("close", () => {
      if (!request.complete) reject(new Problem("incomplete-body"));
    });
  });
}

const tooLarge = (limit: number): Problem =>
  new Problem("body-too-large", { detail: `At most ${limit} bytes after decompression.` });
