import { describe, expect, it } from "vitest";
import { KEPT_LABEL, labelsIssue, labelsWithinBounds } from "./labels.ts";
import { MAX_LABEL_NAME, MAX_LABELS, MAX_LABELS_BYTES } from "./limits.ts";
import { PART_LABEL, splitMessage } from "./split-message.ts";

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, "x"]));
/** One label, of so many bytes as JSON. */
const large = (sizeBytes: number) => ({ a: "x".repeat(sizeBytes - '{"a":""}'.length) });
const ruleOf = (labels: Readonly<Record<string, string>>) => labelsIssue(labels)?.rule ?? "none";

describe("the labels of a line", () => {
  it("are bounded in number, in their names and in what they take as JSON", () => {
    expect(ruleOf(many(MAX_LABELS))).toBe("none");
    expect(ruleOf(many(MAX_LABELS + 1))).toBe("maxProperties");
    expect(ruleOf(large(MAX_LABELS_BYTES))).toBe("none");
    expect(ruleOf(large(MAX_LABELS_BYTES + 1))).toBe("maxBytes");
    // Six bytes for each character.
    expect(ruleOf({ a: "\u0001".repeat(MAX_LABELS_BYTES / 6) })).toBe("maxBytes");
    expect(ruleOf({ a: "\u0001".repeat(MAX_LABELS_BYTES / 6 - 2) })).toBe("none");
    expect(ruleOf({ ["n".repeat(MAX_LABEL_NAME)]: "" })).toBe("none");
    expect(ruleOf({ ["n".repeat(MAX_LABEL_NAME + 1)]: "" })).toBe("propertyNames");
    expect(ruleOf({ "": "" })).toBe("propertyNames");
  });

  it("may be as many as those of a line whose long message is split", () => {
    for (const labels of [many(MAX_LABELS), large(MAX_LABELS_BYTES)]) {
      for (const part of splitMessage("x".repeat(1_000_000), labels)) {
        expect(Object.keys(part.labels)).toContain(PART_LABEL);
        expect(ruleOf(part.labels)).toBe("none");
      }
    }
  });

  it("count one that only has the name of the mark of a part", () => {
    expect(ruleOf({ [PART_LABEL]: "x".repeat(MAX_LABELS_BYTES) })).toBe("maxBytes");
    expect(ruleOf({ ...many(MAX_LABELS), [PART_LABEL]: "first" })).toBe("maxProperties");
  });

  it("are kept as far as they are within the bounds, and the rest is counted", () => {
    const within = many(MAX_LABELS);
    expect(labelsWithinBounds(within)).toBe(within);
    const cut = labelsWithinBounds(many(MAX_LABELS + 6));
    expect(cut).toEqual({ ...within, [KEPT_LABEL]: `${MAX_LABELS} of ${MAX_LABELS + 6}` });
    const huge = { a: "1", b: "x".repeat(MAX_LABELS_BYTES), c: "3" };
    expect(labelsWithinBounds(huge)).toEqual({ a: "1", [KEPT_LABEL]: "1 of 3" });
  });
});
