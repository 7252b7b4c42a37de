import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { keyedHash } from "./keyed-hash.ts";

it("is HMAC-SHA256, whatever the key and the text, asked once or again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(fc.string({ unit: "binary" })), (key, texts) => {
      const hash = keyedHash(key);
      for (const text of [...texts, ...texts]) {
        expect(hash(text)).toBe(createHmac("sha256", key).update(text).digest("hex"));
      }
    }),
  );
});

it("goes on being right when it forgets", () => {
  const hash = keyedHash(new Uint8Array(32));
  for (let i = 0; i < 100_000; i++) hash(`text ${i}`);
  expect(hash("text 0")).toBe(createHmac("sha256", new Uint8Array(32)).update("text 0").digest("hex"));
});
