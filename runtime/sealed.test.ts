import { createCurve } from "@nats-io/nkeys";
import { expect, test } from "vitest";
import { NotOpened, seal, SealedReader } from "./sealed.ts";

const [ours, next, stranger] = [createCurve(), createCurve(), createCurve()];
const seedOf = (pair: typeof ours): string => new TextDecoder().decode(pair.getSeed());
const reader = new SealedReader([seedOf(ours)]);
const HERE = ["acme", "destinations", "d1"];
const PLAIN = JSON.stringify({ password: "hunter2" });

test("opens for its recipient where it belongs; twice sealed is never the same", () => {
  const sealed = seal(PLAIN, HERE, ours.getPublicKey());
  expect(reader.open(sealed, HERE)).toBe(PLAIN);
  const bytes = Buffer.concat([Buffer.from(JSON.stringify(sealed)), Buffer.from(sealed.box, "base64")]);
  expect(bytes.includes("hunter2")).toBe(false);
  expect(seal(PLAIN, HERE, ours.getPublicKey()).box).not.toBe(sealed.box);
});

test.each([
  ["another key", ["acme", "destinations", "d2"]],
  ["another bucket", ["acme", "deployments", "d1"]],
  ["another tenant", ["other", "destinations", "d1"]],
  ["parts that read the same when joined", ["acme", "destinations.d1"]],
])("moved to %s it does not open", (_, there) => {
  const sealed = seal(PLAIN, HERE, ours.getPublicKey());
  expect(() => reader.open(sealed, there)).toThrow(NotOpened);
});

test("changed, given another sender or renamed for another recipient it does not open, and the error quotes nothing", () => {
  const sealed = seal(PLAIN, HERE, ours.getPublicKey());
  const bytes = Buffer.from(sealed.box, "base64");
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  const broken = [
    { ...sealed, box: bytes.toString("base64") },
    { ...sealed, box: "" },
    { ...sealed, sender: stranger.getPublicKey() },
    { ...sealed, sender: "X" },
    { ...seal(PLAIN, HERE, stranger.getPublicKey()), recipient: ours.getPublicKey() },
    seal(PLAIN, HERE, stranger.getPublicKey()),
  ];
  for (const each of broken) {
    expect(() => reader.open(each, HERE)).toThrow(NotOpened);
    expect(() => reader.open(each, HERE)).not.toThrow(/hunter2|\bSX/);
  }
});

test("while the key pair is changed both open; then the old one does not any more", () => {
  const old = seal(PLAIN, HERE, ours.getPublicKey());
  const fresh = seal(PLAIN, HERE, next.getPublicKey());
  const both = new SealedReader([seedOf(next), seedOf(ours)]);
  expect([both.open(old, HERE), both.open(fresh, HERE)]).toEqual([PLAIN, PLAIN]);
  const after = new SealedReader([seedOf(next)]);
  expect(after.open(fresh, HERE)).toBe(PLAIN);
  expect(() => after.open(old, HERE)).toThrow(ours.getPublicKey());
});
