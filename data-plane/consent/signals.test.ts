import { expect, test } from "vitest";
import { signalsOf } from "./signals.ts";

test.each(["1", "1, 1", "0, 1", "1,0", " 1 "])("header duplicates: a signal that reads %j is heard", (value) => {
  expect(signalsOf({ "sec-gpc": value })).toEqual({ gpc: true, dnt: false });
  expect(signalsOf({ dnt: value })).toEqual({ gpc: false, dnt: true });
});

test.each([undefined, "", "0", "true", "11", "0, 0"])("a signal that reads %j is none", (value) => {
  expect(signalsOf({ "sec-gpc": value, dnt: value })).toBeUndefined();
});
