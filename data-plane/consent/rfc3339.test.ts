import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRfc3339 } from "./rfc3339.ts";

test("agrees with Date on every instant from year 0 to 9999", () => {
  const instant = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(instant, (date) => parseRfc3339(date.toISOString()) === date.getTime()));
});

test.each([
  ["2026-11-24T10:00:00+02:30", "2026-11-24T07:30:00.000Z"],
  ["2026-11-24t10:00:00.123456789z", "2026-11-24T10:00:00.123Z"],
  ["2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.000Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
])("reads %s", (text, iso) => {
  expect(new Date(parseRfc3339(text)).toISOString()).toBe(iso);
});

test.each([
  "",
  "2026-11-24",
  "2026-11-24T10:00:00",
  "2026-02-29T10:00:00Z",
  "2026-13-01T10:00:00Z",
  "2026-11-24T24:00:00Z",
  "2026-11-24T10:00:00.Z",
  "2026-11-24T10:00:00+0230",
  "2026-11-24T10:00:00Z ",
  "+026-11-24T10:00:00Z",
  "Tue, 24 Nov 2026 10:00:00 GMT",
])("refuses %s", (text) => {
  expect(parseRfc3339(text)).toBeNaN();
});
