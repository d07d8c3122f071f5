/** The part of docs/reference/driver-protocol.md that is written from the table of frames. */
import { CLOSE, INSTANCE_FRAMES, SERVER_FRAMES } from "@conveyor-ci/contract";
import { membersTable, type Schema } from "./schema-text.ts";

/** Every frame with its members, and the close codes. */
export function framesSection(): string {
  return [
    "## Frames of the instance",
    ...Object.entries(INSTANCE_FRAMES).map(frameText),
    "## Frames of the server",
    ...Object.entries(SERVER_FRAMES).map(frameText),
    "## Close codes",
    closeCodes(),
  ].join("\n\n");
}

function frameText([name, frame]: [string, object]): string {
  const schema = frame as Schema;
  const intro = schema.description === undefined ? [] : [`${capital(schema.description)}.`];
  return [`### ${name}`, ...intro, membersTable(schema)].join("\n\n");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function closeCodes(): string {
  const rows = Object.entries(CLOSE).map(([name, code]) => `| ${code} | \`${name}\` |`);
  return ["| code | name |", "|---|---|", ...rows].join("\n");
}
