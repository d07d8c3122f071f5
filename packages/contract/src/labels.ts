/**
 * The labels of a log line: one rule for all who write lines, whichever way. A label that marks the
 * part of a split message comes on top.
 */
import type { Issue } from "@conveyor-ci/core";
import { Type } from "typebox";
import { MAX_LABEL_NAME, MAX_LABELS, MAX_LABELS_BYTES } from "./limits.ts";
import { PART_LABEL } from "./split-message.ts";

const PART = /^[0-9]{1,10}(?:\/[0-9]{1,10})?$/;

/** The rule in words, beside the form that the schema gives. */
const LABELS_RULE = `at most ${MAX_LABELS}, by names of 1 to ${MAX_LABEL_NAME} characters, together at most ${MAX_LABELS_BYTES} bytes as JSON; \`${PART_LABEL}\` is not counted`;

export const Labels = Type.Unsafe<Readonly<Record<string, string>>>({
  type: "object",
  propertyNames: { minLength: 1, maxLength: MAX_LABEL_NAME },
  additionalProperties: { type: "string" },
  description: LABELS_RULE,
});

/** What is wrong with labels that are texts; null: nothing. */
export function labelsIssue(labels: Readonly<Record<string, string>>): Issue | null {
  let count = 0;
  let length = 0;
  // Not by Object.entries: every line of every frame comes by here.
  for (const name in labels) {
    const value = labels[name] ?? "";
    if (name === PART_LABEL && PART.test(value)) continue;
    if (name.length === 0 || (name.length > MAX_LABEL_NAME && [...name].length > MAX_LABEL_NAME)) {
      const message = `must have names of 1 to ${MAX_LABEL_NAME} characters`;
      return { path: "", rule: "propertyNames", message };
    }
    count += 1;
    length += name.length + value.length + 1;
  }
  if (count > MAX_LABELS) {
    const message = `must have at most ${MAX_LABELS} members, not ${count}`;
    return { path: "", rule: "maxProperties", message };
  }
  // Six bytes for each character at the most: what is short needs no second look.
  if ((length + 1) * 6 <= MAX_LABELS_BYTES) return null;
  const { [PART_LABEL]: part = "", ...own } = labels;
  const counted = PART.test(part) ? own : labels;
  const sizeBytes = new TextEncoder().encode(JSON.stringify(counted)).length;
  if (sizeBytes <= MAX_LABELS_BYTES) return null;
  const message = `must take at most ${MAX_LABELS_BYTES} bytes as JSON, not ${sizeBytes}`;
  return { path: "", rule: "maxBytes", message };
}

/** Label of a line that came with more labels than are kept: how many of how many, `64 of 70`. */
export const KEPT_LABEL = "conveyor.labels";

/**
 * The first labels that are within the bounds, marked where some are left out. For lines that their
 * writer would send again for ever if they were refused.
 */
export function labelsWithinBounds(
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (labelsIssue(labels) === null) return labels;
  const all = Object.entries(labels);
  const kept: (readonly [string, string])[] = [];
  for (const label of all) {
    if (labelsIssue(Object.fromEntries([...kept, label])) !== null) break;
    kept.push(label);
  }
  return Object.fromEntries([...kept, [KEPT_LABEL, `${kept.length} of ${all.length}`]]);
}
