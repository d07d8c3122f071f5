/** What a command answers, in the form that was asked for. */
import { stringify } from "yaml";
import type { Terminal } from "./terminal.ts";

export const OUTPUTS = ["table", "json", "yaml"] as const;
export type Output = (typeof OUTPUTS)[number];

/** Prints one document: JSON and YAML hold `document` whole, a table is what `text` makes. */
export async function printDocument(
  to: { readonly terminal: Terminal; readonly output: Output },
  document: unknown,
  text: () => string,
): Promise<void> {
  await to.terminal.out(renderDocument(to.output, document, text));
}

function renderDocument(output: Output, document: unknown, text: () => string): string {
  switch (output) {
    case "json":
      return `${JSON.stringify(document, null, 2)}\n`;
    case "yaml":
      return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
    case "table":
      return text();
  }
}
