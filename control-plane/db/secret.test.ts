import { createCipheriv, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { SecretBox, secretContext } from "./secret.ts";

const first = randomBytes(32);
const second = randomBytes(32);
const HERE = secretContext.destination("one", "dst_1");

test("what was sealed opens, and no two are alike", () => {
  const box = new SecretBox(first);
  const sealed = box.seal("hunter2", HERE);
  expect(box.open(sealed, HERE)).toBe("hunter2");
  expect(sealed).not.toContain(Buffer.from("hunter2").toString("base64"));
  expect(box.seal("hunter2", HERE)).not.toBe(sealed);
});

test.each([
  ["another tenant", secretContext.destination("two", "dst_1")],
  ["another row", secretContext.destination("one", "dst_2")],
  ["another column", secretContext.subjectSalt("one")],
])("swapped ciphertext: in the place of %s it does not open", (_, place) => {
  const box = new SecretBox(first);
  const sealed = box.seal("hunter2", HERE);
  expect(() => box.open(sealed, place)).toThrow();
});

test("a changed byte anywhere does not open", () => {
  const box = new SecretBox(first);
  const [version, id, body = ""] = box.seal("hunter2", HERE).split(".");
  const bytes = Buffer.from(body, "base64");
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(() => box.open(`${version}.${id}.${changed.toString("base64")}`, HERE)).toThrow();
  }
  expect(() => box.open(`${version}.${id}.${bytes.subarray(0, 20).toString("base64")}`, HERE)).toThrow();
});

test("an older key opens and does not seal; without it nothing opens", () => {
  const sealed = new SecretBox(first).seal("hunter2", HERE);
  const both = new SecretBox(second, [first]);
  expect(both.open(sealed, HERE)).toBe("hunter2");
  expect(both.isCurrent(sealed)).toBe(false);
  const anew = both.seal("hunter2", HERE);
  expect(both.isCurrent(anew)).toBe(true);
  expect(new SecretBox(second).open(anew, HERE)).toBe("hunter2");
  expect(() => new SecretBox(second).open(sealed, HERE)).toThrow("a key that is not here");
  expect(() => new SecretBox(first).open(anew, HERE)).toThrow("a key that is not here");
});

test("values from before keys had ids open still, by whichever key", () => {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", first, iv).setAAD(Buffer.from(HERE));
  const body = Buffer.concat([cipher.update("hunter2"), cipher.final()]);
  const sealed = Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
  expect(new SecretBox(second, [first]).open(sealed, HERE)).toBe("hunter2");
  expect(new SecretBox(first).isCurrent(sealed)).toBe(false);
  expect(() => new SecretBox(second).open(sealed, HERE)).toThrow("a key that is not here");
});
