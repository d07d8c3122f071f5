/** Selectors of lists: `team=web,stage=live`, all of which must hold. */
import { ConveyorError } from "@conveyor-ci/core";

/** The entries that a selector asks for, by name; none: all match. */
export function parseSelector(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || text === "") return {};
  const entries = text.split(",").map((part): [string, string] => {
    const at = part.indexOf("=");
    // Of other languages, where it would mean something else than a name with such a sign.
    const isForeign = part[at - 1] === "!" || part[at + 1] === "=";
    if (at > 0 && !isForeign) return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    const message = `has ${JSON.stringify(part)}, which is not name=value`;
    throw new ConveyorError({
      code: "invalid_request",
      message: `/selector ${message}`,
      issues: [{ path: "/selector", rule: "selector", message }],
    });
  });
  return Object.fromEntries(entries);
}
