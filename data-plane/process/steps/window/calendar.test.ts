import fc from "fast-check";
import { expect, test } from "vitest";
import { calendarBounds, type CalendarUnit } from "./calendar.ts";

const bounds = (time: string, unit: CalendarUnit, zone = "Europe/Amsterdam"): string[] => {
  const { start, end } = calendarBounds(Date.parse(time), unit, zone);
  return [start, end].map((ms) => new Date(ms).toISOString().slice(0, 16));
};

// the day on which clocks go forward has 23 hours, that on which they go back 25
test.each([
  ["2026-03-28T23:30:00Z", "day", ["2026-03-28T23:00", "2026-03-29T22:00"]],
  ["2026-03-29T21:59:59Z", "day", ["2026-03-28T23:00", "2026-03-29T22:00"]],
  ["2026-10-25T00:30:00Z", "day", ["2026-10-24T22:00", "2026-10-25T23:00"]],
  ["2026-10-25T22:59:59Z", "day", ["2026-10-24T22:00", "2026-10-25T23:00"]],
  // Monday to Monday
  ["2026-03-29T12:00:00Z", "week", ["2026-03-22T23:00", "2026-03-29T22:00"]],
  ["2026-10-25T22:59:59Z", "week", ["2026-10-18T22:00", "2026-10-25T23:00"]],
  ["2026-03-15T12:00:00Z", "month", ["2026-02-28T23:00", "2026-03-31T22:00"]],
  ["2026-10-31T23:30:00Z", "month", ["2026-10-31T23:00", "2026-11-30T23:00"]],
  ["2026-02-01T00:00:00Z", "quarter", ["2025-12-31T23:00", "2026-03-31T22:00"]],
  ["2026-12-31T23:00:00Z", "year", ["2026-12-31T23:00", "2027-12-31T23:00"]],
] as const)("%s is in this %s in Amsterdam", (time, unit, expected) => {
  expect(bounds(time, unit)).toEqual(expected);
});

test("a day that begins after midnight, and one whose midnight comes twice", () => {
  expect(bounds("2018-11-04T12:00:00Z", "day", "America/Sao_Paulo")).toEqual(["2018-11-04T03:00", "2018-11-05T02:00"]);
  expect(bounds("2024-11-03T05:30:00Z", "day", "America/Havana")).toEqual(["2024-11-03T04:00", "2024-11-04T05:00"]);
});

test("windows lie end to end, and none is missing, in any zone", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2040, 0) }),
      fc.constantFrom("day", "week", "month", "quarter", "year"),
      fc.constantFrom(
        "Europe/Amsterdam",
        "America/New_York",
        "America/Havana",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "UTC",
      ),
      (time, unit, zone) => {
        const { start, end } = calendarBounds(time, unit, zone);
        expect(start).toBeLessThanOrEqual(time);
        expect(end).toBeGreaterThan(time);
        expect(calendarBounds(start, unit, zone)).toEqual({ start, end });
        expect(calendarBounds(end - 1, unit, zone)).toEqual({ start, end });
        expect(calendarBounds(end, unit, zone).start).toBe(end);
      },
    ),
    { numRuns: 2000 },
  );
});
