/** All that `dev` shows, in one terminal: each line under the name of whom it comes from. */
import type { WireLogLine } from "@conveyor-ci/contract";
import { createPainters, nameOfLine, textsOfLine } from "../line-view.ts";
import { oneLine, plainText, styledText } from "../plain-text.ts";
import type { Terminal } from "../terminal.ts";

export interface Speaker {
  /** A line of a program, or what became of it. */
  say(name: string, text: string): void;
  /** A line that a run logged for a resource. */
  showLine(line: WireLogLine, resource: string): void;
  /** What a run came to: whole lines, which may be styled. */
  showEnd(text: string): void;
}

/** Names are padded to the longest of those that are known beforehand. */
export function createSpeaker(
  terminal: Pick<Terminal, "colors" | "isColored" | "out">,
  names: readonly string[],
): Speaker {
  const { colors, isColored } = terminal;
  const painterOf = createPainters(colors);
  const width = Math.max(0, ...names.map((name) => name.length));
  for (const name of names) painterOf(name);
  const print = (name: string, text: string) => {
    const head = painterOf(name)(`${oneLine(name).padEnd(width)} |`);
    // Whoever reads slowly is not waited for: what comes is bounded by what the drivers log.
    void terminal.out(`${head} ${text}`.trimEnd() + "\n");
  };
  const clean = isColored ? styledText : plainText;
  return {
    say: (name, text) => print(name, clean(text)),
    showLine(line, resource) {
      const subject = colors.dim(`${oneLine(resource)}:`);
      for (const text of textsOfLine(line, terminal)) print(nameOfLine(line), `${subject} ${text}`);
    },
    showEnd: (text) => void terminal.out(text),
  };
}
