import type { WireRun } from "@conveyor-ci/contract";
import pc from "picocolors";
import { expect, it } from "vitest";
import { renderTable } from "./table.ts";
import { runColumns } from "./views.ts";

const colors = pc.createColors(false);
const run: WireRun = {
  id: "019ab4e2-0000-7000-8000-000000000001",
  state: "succeeded",
  event: "create",
  resource: { kind: "app", name: "shop", version: "1" },
  pipeline: null,
  parent: null,
  actor: "ada",
  createdAt: "2026-01-01T10:20:30.400Z",
  startedAt: "2026-01-01T10:20:30.400Z",
  finishedAt: "2026-01-01T10:20:31.400Z",
  steps: [],
  why: [],
};

it("a list of runs says who asked for each, where that leaves room for all the rest", () => {
  const titles = (columns: number) =>
    renderTable([run], runColumns(colors), { colors, columns }).split("\n")[0]?.split(/ +/);
  const others = ["RUN", "STATE", "EVENT", "RESOURCE", "AGE", "TOOK", "MESSAGE"];
  expect(titles(200)).toEqual([...others.slice(0, -1), "ACTOR", "MESSAGE"]);
  expect(titles(92)).toEqual(others);
  expect(titles(80)).not.toContain("ACTOR");
});
