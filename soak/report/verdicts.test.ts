import { describe, expect, it } from "vitest";
import type { Sample } from "./figures.ts";
import { compareQuarters } from "./verdicts.ts";

const SECONDS = 3_600;

const hourOf = (valuesAt: (second: number) => Readonly<Record<string, number>>): Sample[] =>
  Array.from({ length: SECONDS }, (_, index) => ({
    second: index + 1,
    values: valuesAt(index + 1),
  }));

const judged = (samples: readonly Sample[], id: string) =>
  compareQuarters(samples).find(({ figure }) => figure.id === id);

describe("the quarters of a soak", () => {
  it("call a figure steady that wavers around one value", () => {
    const samples = hourOf((second) => ({ "server.memory": 120 + 15 * Math.sin(second / 40) }));
    expect(judged(samples, "server.memory")?.verdict).toBe("steady");
  });

  it("call a leak of 10 kB a second growth", () => {
    const samples = hourOf((second) => ({ "server.memory": 120 + second * 0.01 }));
    expect(judged(samples, "server.memory")).toMatchObject({ verdict: "grew" });
  });

  it("call one more thread growth, and one handle none", () => {
    const later = (second: number): number => (second > SECONDS / 2 ? 1 : 0);
    const samples = hourOf((second) => ({
      "server.threads": 11 + later(second),
      "server.handles": 30 + later(second),
    }));
    expect(judged(samples, "server.threads")?.verdict).toBe("grew");
    expect(judged(samples, "server.handles")?.verdict).toBe("steady");
  });

  it("leave out the first minutes, in which caches fill", () => {
    const samples = hourOf((second) => ({ "server.memory": second < 120 ? 60 : 140 }));
    expect(judged(samples, "server.memory")).toMatchObject({ first: 140, verdict: "steady" });
  });

  it("judge times by the windows in which no other program was busy", () => {
    const busy = (second: number): boolean => second > SECONDS / 2 && second % 20 === 0;
    const samples = hourOf((second) =>
      second % 10 === 0
        ? { "create.p50": busy(second) ? 40 : 3, "others.cpu": busy(second) ? 150 : 5 }
        : {},
    );
    expect(judged(samples, "create.p50")).toMatchObject({ last: 3, verdict: "steady" });
  });

  it("judge times by all windows when there is hardly a calm one", () => {
    const samples = hourOf((second) =>
      second % 10 === 0 ? { "create.p50": second > 1_800 ? 40 : 3, "others.cpu": 150 } : {},
    );
    expect(judged(samples, "create.p50")?.verdict).toBe("grew");
  });

  it("judge no growth within minutes", () => {
    const samples = hourOf((second) => ({ "server.memory": second })).slice(0, 500);
    expect(judged(samples, "server.memory")?.verdict).toBe("too short");
  });

  it("judge nothing by a handful of samples, and nothing that is meant to grow", () => {
    const samples = hourOf((second) => ({
      "database.size": second,
      ...(second % 1_000 === 0 ? { "database.run": second } : {}),
    }));
    expect(judged(samples, "database.size")?.verdict).toBe("not judged");
    expect(judged(samples, "database.run")?.verdict).toBe("too short");
    expect(judged([], "server.memory")?.verdict).toBe("too short");
  });
});
