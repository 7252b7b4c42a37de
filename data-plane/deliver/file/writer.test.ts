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
  // as who reads them does: what a tombstone names is forgotten
  ids: () => {
    const [erased, rows] = [new Set<string | null>(), [] as { id: string; subject_key: string | null }[]];
    for (const line of visible(lines).flatMap((name) =>
      readFileSync(join(lines, name), "utf8").trimEnd().split("\n"),
    )) {
      const object = JSON.parse(line) as { type?: "erasure"; id: string; subject_key: string | null };
      if (object.type === "erasure") erased.add(object.subject_key);
      else rows.push(object);
    }
    return Promise.resolve(rows.filter((found) => !erased.has(found.subject_key)).map(({ id }) => id));
  },
}));

test("a csv file follows RFC 4180: header, CRLF, quotes, null apart from the empty string", async () => {
  const directory = temporary();
  const destination = open(directory, "csv");
  await destination.connect();
  await destination.write({
    id: "m",
    first: 3,
    last: 7,
    rows: [{ ...row("r1", 'a "b", c\nd'), erasureKey: "k1" }, row("r2", null), row("r3", "")],
  });
  expect(visible(directory)).toEqual(["sessions-3-7.csv"]);
  expect(readFileSync(join(directory, "sessions-3-7.csv"), "utf8")).toBe(
    [
      "id,subject_key,page.path,price,session.events,member,session.start",
      'r1,k1,"a ""b"", c\nd",9.5,3,true,2026-11-24T10:00:00.000Z',
      "r2,,,9.5,3,true,2026-11-24T10:00:00.000Z",
      'r3,,"",9.5,3,true,2026-11-24T10:00:00.000Z',
      "",
    ].join("\r\n"),
  );
});

test("formula injection: what a visitor writes is no formula to the spreadsheet that opens the file", async () => {
  const directory = temporary();
  const destination = open(directory, "csv");
  await destination.connect();
  const formulas = ['=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "/a=1"];
  const rows = formulas.map((path, i) => row(`r${i}`, path));
  await destination.write({
    id: "m",
    first: 1,
    last: 1,
    rows: [...rows, { id: "n", values: ["/", -9.5, -3, true, START] }],
  });
  const text = readFileSync(join(directory, "sessions-1-1.csv"), "utf8");
  const cells = text
    .split("\r\n")
    .slice(1, -1)
    .map((line) => line.split(",")[2]);
  expect(cells.map((cell) => cell?.replace(/^"/, ""))).toEqual([
    `'=HYPERLINK(""http://x"")"`,
    "'+1",
    "'-1+1",
    "'@SUM(A1)",
    "'\t=1",
    `'\r=1"`,
    `'\n=1"`,
    "'＝1",
    "/a=1",
    "/",
  ]);
  // a number is what it was
  expect(text).toContain(",-9.5,-3,");
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

test("a tombstone names the output, the erasure and the key, is whole when it has its name, and moves no sequence", async () => {
  const directory = temporary();
  const destination = open(directory, "csv");
  await destination.connect();
  await destination.write({ id: "m", first: 3, last: 7, rows: [{ ...row("r1", "/a"), erasureKey: "k1" }] });
  const name = "erasure-era_9-sessions.jsonl";
  expect(await destination.erase({ id: "era_9", erasureKey: "k1" })).toEqual({ tombstone: name });
  expect(readFileSync(join(directory, name), "utf8")).toBe(
    '{"type":"erasure","id":"era_9","output":"sessions","through":7,"subject_key":"k1"}\n',
  );
  expect(readdirSync(directory).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  await destination.connect();
  expect(destination.resumeAfter?.()).toBe(7);
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
