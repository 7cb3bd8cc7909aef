import { describe, expect, it } from "vitest";
import type { Interval } from "../../api/types";
import {
  exceptionProblems,
  hoursAreValid,
  intervalProblems,
  minutesOf,
  nextInterval,
  officeHours,
  openMinutes,
  tidyTime,
} from "./hours";

describe("times of day", () => {
  it("go from midnight to the end of the day", () => {
    expect(minutesOf("00:00")).toBe(0);
    expect(minutesOf("24:00")).toBe(1440);
  });
  it("are nothing else", () => {
    for (const text of ["", "9:00", "24:01", "12:60", "25:00", "noon"]) expect(minutesOf(text)).toBeNull();
  });
});

describe("typed times", () => {
  it("are understood in the ways that people write them", () => {
    const typed = ["9", "09", "930", "9:30", "9.30", " 17:00 ", "24"];
    expect(typed.map(tidyTime)).toEqual(["09:00", "09:00", "09:30", "09:30", "09:30", "17:00", "24:00"]);
  });
  it("stay as typed when they are none", () => {
    expect(tidyTime("noon")).toBe("noon");
  });
});

describe("intervals of a day", () => {
  it("may touch", () => {
    expect(
      intervalProblems([
        ["09:00", "12:00"],
        ["12:00", "18:00"],
      ]),
    ).toEqual([null, null]);
  });
  it("that overlap are both told of", () => {
    const problems = intervalProblems([
      ["09:00", "13:00"],
      ["12:30", "18:00"],
    ]);
    expect(problems).toEqual(["Overlaps 12:30 to 18:00.", "Overlaps 09:00 to 13:00."]);
  });
  it("that are the same overlap", () => {
    expect(
      intervalProblems([
        ["09:00", "10:00"],
        ["09:00", "10:00"],
      ]).filter(Boolean),
    ).toHaveLength(2);
  });
  it("end after they begin", () => {
    expect(intervalProblems([["18:00", "09:00"]])[0]).toMatch(/before it opens/);
    expect(intervalProblems([["09:00", "09:00"]])[0]).toMatch(/before it opens/);
  });
  it("that are backwards do not also overlap a good one", () => {
    expect(
      intervalProblems([
        ["18:00", "09:00"],
        ["10:00", "12:00"],
      ])[1],
    ).toBeNull();
  });
  it("wait for both times", () => {
    expect(intervalProblems([["", "09:00"]])[0]).toMatch(/opens/);
    expect(intervalProblems([["09:00", ""]])[0]).toMatch(/closes/);
  });
});

describe("the interval that is offered next", () => {
  it("follows the last one", () => {
    expect(nextInterval([["09:00", "12:00"]])).toEqual(["13:00", "17:00"]);
  });
  it("ends with the day at latest", () => {
    expect(nextInterval([["09:00", "21:30"]])).toEqual(["22:30", "24:00"]);
  });
  it("is none where the day or the limit is full", () => {
    expect(nextInterval([["00:00", "24:00"]])).toBeNull();
    const many = Array.from({ length: 8 }, (_, at): Interval => [`0${at}:00`, `0${at}:30`]);
    expect(nextInterval(many)).toBeNull();
  });
});

describe("hours as a whole", () => {
  it("are valid as they are suggested", () => {
    expect(hoursAreValid(officeHours("Europe/Berlin"))).toBe(true);
    expect(openMinutes(officeHours("UTC").week.mon)).toBe(480);
  });
  it("want a zone that exists", () => {
    expect(hoursAreValid(officeHours("Europe/Atlantis"))).toBe(false);
  });
  it("take each date once", () => {
    const day = { date: "2026-12-24", intervals: [] };
    expect(exceptionProblems([day, day, { date: "2026-02-30", intervals: [] }])).toEqual([
      null,
      "This date is in the list already.",
      "Choose a date.",
    ]);
  });
  it("look into exceptions too", () => {
    const hours = {
      ...officeHours("UTC"),
      exceptions: [{ date: "2026-12-24", intervals: [["12:00", "09:00"] as Interval] }],
    };
    expect(hoursAreValid(hours)).toBe(false);
  });
});
