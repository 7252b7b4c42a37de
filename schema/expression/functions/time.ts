import { functionGroup } from "./function-spec.ts";

export const time = functionGroup({
  title: "Time",
  functions: [
    {
      name: "getFullYear",
      summary:
        "The year in UTC or in a time zone: an IANA name or an offset such as `+01:30`, of which an unknown one gives null.",
      signatures: ["timestamp.getFullYear(): integer", "timestamp.getFullYear(zone): integer"],
      examples: [['timestamp("2026-12-31T23:30:00Z").getFullYear("Europe/Amsterdam")', "2027"]],
    },
    {
      name: "getMonth",
      summary: "The month, from 0.",
      signatures: ["timestamp.getMonth(): integer", "timestamp.getMonth(zone): integer"],
      examples: [['timestamp("2026-11-24T00:00:00Z").getMonth()', "10"]],
    },
    {
      name: "getDate",
      summary: "The day of the month, from 1.",
      signatures: ["timestamp.getDate(): integer", "timestamp.getDate(zone): integer"],
      examples: [['timestamp("2026-11-24T00:00:00Z").getDate()', "24"]],
    },
    {
      name: "getDayOfMonth",
      summary: "The day of the month, from 0.",
      signatures: ["timestamp.getDayOfMonth(): integer", "timestamp.getDayOfMonth(zone): integer"],
      examples: [['timestamp("2026-11-24T00:00:00Z").getDayOfMonth()', "23"]],
    },
    {
      name: "getDayOfWeek",
      summary: "The day of the week, from 0 for Sunday.",
      signatures: ["timestamp.getDayOfWeek(): integer", "timestamp.getDayOfWeek(zone): integer"],
      examples: [['timestamp("2026-11-24T00:00:00Z").getDayOfWeek("-02:00")', "1"]],
    },
    {
      name: "getDayOfYear",
      summary: "The day of the year, from 0.",
      signatures: ["timestamp.getDayOfYear(): integer", "timestamp.getDayOfYear(zone): integer"],
      examples: [['timestamp("2026-02-01T00:00:00Z").getDayOfYear()', "31"]],
    },
    {
      name: "getHours",
      summary: "The hour of the day; of a duration all its whole hours.",
      signatures: [
        "timestamp.getHours(): integer",
        "timestamp.getHours(zone): integer",
        "duration.getHours(): integer",
      ],
      examples: [['timestamp("2026-07-01T12:00:00Z").getHours("Europe/Amsterdam")', "14"]],
    },
    {
      name: "getMinutes",
      summary: "The minute of the hour; of a duration all its whole minutes.",
      signatures: [
        "timestamp.getMinutes(): integer",
        "timestamp.getMinutes(zone): integer",
        "duration.getMinutes(): integer",
      ],
      examples: [['duration("2h5m").getMinutes()', "125"]],
    },
    {
      name: "getSeconds",
      summary: "The second of the minute; of a duration all its whole seconds.",
      signatures: [
        "timestamp.getSeconds(): integer",
        "timestamp.getSeconds(zone): integer",
        "duration.getSeconds(): integer",
      ],
      examples: [['timestamp("2026-07-01T12:00:07.5Z").getSeconds()', "7"]],
    },
    {
      name: "getMilliseconds",
      summary: "The millisecond of the second; of a duration all its milliseconds.",
      signatures: [
        "timestamp.getMilliseconds(): integer",
        "timestamp.getMilliseconds(zone): integer",
        "duration.getMilliseconds(): integer",
      ],
      examples: [['timestamp("2026-07-01T12:00:07.5Z").getMilliseconds()', "500"]],
    },
    {
      name: "date.iso",
      summary: "The calendar date in a time zone, as YYYY-MM-DD.",
      signatures: ["date.iso(timestamp, zone): string"],
      examples: [['date.iso(timestamp("2026-12-31T23:30:00Z"), "Europe/Amsterdam")', '"2027-01-01"']],
    },
    {
      name: "date.startOf",
      summary:
        "The beginning of the `hour`, `day`, `week` (Monday), `month` or `year` that a timestamp is in, in a time zone.",
      signatures: ["date.startOf(timestamp, unit, zone): timestamp"],
      examples: [
        [
          'date.startOf(timestamp("2026-11-24T10:00:00Z"), "week", "Europe/Amsterdam")',
          'timestamp("2026-11-22T23:00:00Z")',
        ],
      ],
    },
  ],
});
