/** Times that clients send: RFC 3339, with any offset; kept in UTC. */
import { ConveyorError, quoted } from "@conveyor-ci/core";

const RFC_3339 =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(?:([Zz])|[+-][0-2][0-9]:[0-5][0-9])$/;

/** The time in UTC, as finely as it was given; undefined if the text is none. */
export function normalTimestamp(text: string): string | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const fraction = match[1];
  if (match[2] === "Z" && fraction !== undefined && fraction.length >= 4) return text;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  const rounded = new Date(at).toISOString();
  return fraction === undefined || fraction.length < 4
    ? rounded
    : `${rounded.slice(0, rounded.indexOf("."))}${fraction}Z`;
}

/** The same, or a refusal that names the path. */
export function parseTimestamp(text: string, path: string): string {
  const timestamp = normalTimestamp(text);
  if (timestamp !== undefined) return timestamp;
  const message = `must be a time as of RFC 3339, such as 2026-01-31T12:00:00.000Z, not ${quoted(text)}`;
  const isPlusLost = normalTimestamp(text.replace(/ (?=[0-9]{2}:[0-9]{2}$)/, "+")) !== undefined;
  throw new ConveyorError({
    code: "invalid_request",
    message: `${path} ${message}`,
    ...(isPlusLost ? { hint: "a plus sign in a query is written %2B" } : {}),
    issues: [{ path, rule: "date-time", message }],
  });
}
