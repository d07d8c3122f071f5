import { expect, it } from "vitest";
import { namesOfDrivers } from "./driver-names.ts";

it.each([
  [
    ["builder.ts", "drivers/deployer.mjs"],
    ["builder", "deployer"],
  ],
  [["src/main.ts"], ["work"]],
  [
    ["builder/src/main.ts", "tester/driver.ts"],
    ["builder", "tester"],
  ],
  [
    ["a/build.ts", "b/build.ts"],
    ["a/build.ts", "b/build.ts"],
  ],
])("drivers in %j are called %j", (files, names) => {
  expect(namesOfDrivers("/home/ada/work", files)).toEqual(names);
});
