import type { IncomingHttpHeaders } from "node:http";
import type { Signals } from "@o2mc/schema/consent/signals.ts";
import { parseTcString, type TcString } from "./tcf.ts";

/** Signals that somebody wrote down: `tcf` text, `gpc` and `dnt` true or false, each or none of them. */
export function parseSignals({
  tcf,
  gpc,
  dnt,
}: Readonly<Record<"tcf" | "gpc" | "dnt", unknown>>): Signals | "malformed" {
  if (!isFlag(gpc) || !isFlag(dnt)) return "malformed";
  const flags = { gpc: gpc === true, dnt: dnt === true };
  if (tcf === undefined || tcf === null) return flags;
  const read = typeof tcf === "string" ? readTcString(tcf) : undefined;
  return read === undefined ? "malformed" : { ...flags, tcf: read };
}

/** What the browser says of itself with each request; undefined = nothing. */
export function signalsOf(headers: IncomingHttpHeaders): Signals | undefined {
  const gpc = isOn(headers["sec-gpc"]);
  const dnt = isOn(headers["dnt"]);
  return gpc || dnt ? { gpc, dnt } : undefined;
}

/** Said twice, as it is where a proxy adds what was there, it reads `1, 1`, or `0, 1`: one yes is enough to deny. */
const isOn = (value: string | readonly string[] | undefined): boolean =>
  value !== undefined &&
  String(value)
    .split(",")
    .some((one) => one.trim() === "1");

const isFlag = (value: unknown): boolean => value === undefined || value === null || typeof value === "boolean";

/** the events of a request, and mostly those of a visitor, carry the same string */
let last: { readonly text: string; readonly read: TcString | undefined } | undefined;

function readTcString(text: string): TcString | undefined {
  if (last?.text !== text) last = { text, read: parseTcString(text) };
  return last.read;
}
