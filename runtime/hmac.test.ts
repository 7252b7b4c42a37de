import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hmacSha256 } from "./hmac.ts";

it.each(["hex", "base64url"] as const)(
  "is what createHmac makes, in %s, whatever the key and the texts",
  (encoding) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100, size: "max" }),
        fc.array(fc.string({ unit: "binary" })),
        (key, texts) => {
          const hmac = hmacSha256(key, encoding);
          // longer than the buffer that it begins with, and short ones after that
          for (const text of [...texts, "€".repeat(3000), "x".repeat(5000), ...texts]) {
            expect(hmac(text)).toBe(createHmac("sha256", key).update(text).digest(encoding));
          }
        },
      ),
    );
  },
);
