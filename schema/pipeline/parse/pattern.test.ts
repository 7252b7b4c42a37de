import { expect, test } from "vitest";
import { compilePattern, PatternError } from "./pattern.ts";
import { PATTERNS } from "./pattern-library.ts";

test.each(Object.keys(PATTERNS))("%s compiles alone and within others", (name) => {
  expect(compilePattern(`%{${name}} %{${name}:x}`).captures).toEqual(["x"]);
});

test.each<[string, readonly string[], readonly string[]]>([
  ["INT", ["-5", "12"], ["1.5", "x", ""]],
  ["NUMBER", ["-5", "1.5", ".5", "3."], [".", "1e5"]],
  ["UUID", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]],
  ["IPV4", ["10.1.2.3", "255.255.255.255"], ["256.1.1.1", "1.2.3"]],
  ["IPV6", ["::1", "2001:db8::7", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"], ["12", "abc"]],
  ["EMAILADDRESS", ["ann.b+c@mail.example.org"], ["@x", "a@"]],
  ["HOSTNAME", ["a", "web-1.example.org"], ["-a", "a..b"]],
  ["URI", ["https://a.example:8443/p/q?x=1", "ftp://[x"].slice(0, 1), ["example.org/p"]],
  ["QUOTEDSTRING", [String.raw`"a \" b"`, "'x'"], ['"a']],
  [
    "TIMESTAMP_ISO8601",
    ["2026-01-02T03:04:05Z", "2026-01-02 03:04", "2026-12-31T23:59:59.123+01:00"],
    ["2026-13-02T03:04"],
  ],
  ["HTTPDATE", ["17/May/2015:10:05:03 +0000"], ["17/5/2015:10:05:03 +0000"]],
  ["LOGLEVEL", ["WARN", "error", "Information"], ["loud"]],
  ["MAC", ["00:1b:44:11:3A:B7"], ["00:1b:44:11:3A"]],
])("%s fits what it says", (name, fits, others) => {
  const { regex } = compilePattern(`^%{${name}}$`);
  for (const text of fits) expect([text, regex.matcher(text).find()]).toEqual([text, true]);
  for (const text of others) expect([text, regex.matcher(text).find()]).toEqual([text, false]);
});

test.each([
  ["%{NOPE}", 'names "NOPE", which is none of WORD'],
  ["%{constructor}", 'names "constructor"'],
  ["%{WORD:a b}", 'has a capture "a b"'],
  ["%{WORD:a} %{WORD:a}", "captures a twice"],
  ["(", "is none:"],
  [String.raw`(\w)\1`, "is none:"],
  ["(?=a)", "is none:"],
  [".{1000}".repeat(4), "instructions, of 3000"],
])("%s %s", (pattern, problem) => {
  expect(() => compilePattern(pattern)).toThrow(PatternError);
  expect(() => compilePattern(pattern)).toThrow(problem);
});
