import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { conformance, OUTPUT, START } from "../testkit/conformance.ts";
import { NotConnected } from "../destination.ts";
import { outgoingTo } from "../testkit/outgoing.ts";
import { fileKind } from "./factory.ts";

const temporary = (): string => mkdtempSync(join(tmpdir(), "o2mc-file-"));
const open = (directory: string, format: "jsonl" | "csv", delivery = "d1") =>
  fileKind.open({ directory, format, rotateSeconds: 1 }, { delivery, output: OUTPUT, outgoing: outgoingTo() })
    .destination;
const visible = (directory: string): string[] => readdirSync(directory).filter((name) => !name.startsWith("."));
const row = (id: string, path: string | null) => ({ id, values: [path, 9.5, 3, true, START] });

const lines = temporary();
conformance("file jsonl", () => ({
  open: () => open(lines, "jsonl"),
  // below a file there can be no directory, not even for root
  openUnreachable: () => open("/etc/hostname/below", "jsonl"),
  ids: () =>
    Promise.resolve(
      visible(lines)
        .flatMap((name) => readFileSync(join(lines, name), "utf8").trimEnd().split("\n"))
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ),
}));

test("a csv file follows RFC 4180: header, CRLF, quotes, null apart from the empty string", async () => {
  const directory = temporary();
  const destination = open(directory, "csv");
  await destination.connect();
  await destination.write({
    id: "m",
    first: 3,
    last: 7,
    rows: [row("r1", 'a "b", c\nd'), row("r2", null), row("r3", "")],
  });
  expect(visible(directory)).toEqual(["sessions-3-7.csv"]);
  expect(readFileSync(join(directory, "sessions-3-7.csv"), "utf8")).toBe(
    [
      "id,page.path,price,session.events,member,session.start",
      'r1,"a ""b"", c\nd",9.5,3,true,2026-11-24T10:00:00.000Z',
      "r2,,9.5,3,true,2026-11-24T10:00:00.000Z",
      'r3,"",9.5,3,true,2026-11-24T10:00:00.000Z',
      "",
    ].join("\r\n"),
  );
});

test("a start removes its own half-written files and resumes after the highest whole one", async () => {
  const directory = temporary();
  for (const name of ["sessions-1-9.jsonl", "sessions-10-20.jsonl", "other-1-99.jsonl", "sessions-x-99.jsonl"]) {
    writeFileSync(join(directory, name), "");
  }
  for (const name of [".sessions-d1-21-30.tmp", ".sessions-d2-21-30.tmp"]) writeFileSync(join(directory, name), "half");
  const destination = open(directory, "jsonl");
  await destination.connect();
  expect(destination.resumeAfter?.()).toBe(20);
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([".sessions-d2-21-30.tmp"]);
});

test("a second delivery of the same output is kept out of the directory, so that it does not skip by foreign names", async () => {
  const directory = temporary();
  await open(directory, "jsonl", "d1").connect();
  await open(directory, "jsonl", "d1").connect();
  await expect(open(directory, "jsonl", "d2").connect()).rejects.toMatchObject({
    constructor: NotConnected,
    code: "file.directory-in-use",
  });
});
