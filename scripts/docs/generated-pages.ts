/** The pages that are written in part by a program, as they should be. */
import { commandsSection } from "./commands-section.ts";
import { framesSection } from "./frames-section.ts";
import { readPage, withSection } from "./markdown.ts";
import { routesSection } from "./routes-section.ts";

const SECTIONS = [
  { path: "docs/reference/http.md", name: "routes", render: routesSection },
  { path: "docs/reference/driver-protocol.md", name: "frames", render: framesSection },
  { path: "docs/reference/cli.md", name: "commands", render: commandsSection },
];

/** Each page with its generated section as the code has it. */
export function generatedPages(): { readonly path: string; readonly text: string }[] {
  return SECTIONS.map(({ path, name, render }) => ({
    path,
    text: withSection(readPage(path), { name, by: "scripts/write-reference.ts" }, render()),
  }));
}
