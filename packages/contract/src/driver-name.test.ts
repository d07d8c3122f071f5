import { RESERVED_DRIVERS } from "@conveyor-ci/core";
import { expect, it } from "vitest";
import { ROUTES } from "./routes.ts";

it("what a path has in the place of a driver's name can name no driver", () => {
  const words = ROUTES.map(({ path }) => /^\/drivers\/([^/:]+)$/.exec(path)?.[1]);
  expect(words.filter((word) => word !== undefined).toSorted()).toEqual(
    [...RESERVED_DRIVERS].toSorted(),
  );
});
