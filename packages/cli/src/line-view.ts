/** A log line as it is shown. */
import type { WireLogLine } from "@conveyor-ci/contract";
import { oneLine, plainText, styledText } from "./plain-text.ts";
import type { Terminal } from "./terminal.ts";

export interface LineStyle {
  readonly timestamps: boolean;
}

type Painter = (text: string) => string;

/** Makes the function that shows lines: `step | message`, each step in a colour of its own. */
export function createLineView(
  terminal: Pick<Terminal, "colors" | "isColored">,
  style: LineStyle,
): (line: WireLogLine) => string {
  const { colors } = terminal;
  const palette: readonly Painter[] = [
    colors.cyan,
    colors.magenta,
    colors.blue,
    colors.yellow,
    colors.green,
  ];
  const painters = new Map<string, Painter>();
  const painterOf = (step: string): Painter => {
    const known = painters.get(step);
    if (known !== undefined) return known;
    const painter = palette[painters.size % palette.length] ?? colors.cyan;
    painters.set(step, painter);
    return painter;
  };
  return (line) => {
    const step = line.step === "" ? line.driver : line.step;
    const time = style.timestamps ? `${colors.dim(oneLine(line.timestamp))} ` : "";
    const head = `${time}${painterOf(step)(`${oneLine(step)} |`)} ${levelText(line, terminal)}`;
    const show = terminal.isColored ? styledText : plainText;
    const texts = line.message.split(/\r\n|\n|\r/);
    return texts.map((text) => `${head}${show(text)}`.trimEnd() + "\n").join("");
  };
}

function levelText(line: WireLogLine, { colors }: Pick<Terminal, "colors">): string {
  switch (line.level) {
    case "error":
      return `${colors.red("ERROR")} `;
    case "warn":
      return `${colors.yellow("WARN")} `;
    case "debug":
      return `${colors.dim("DEBUG")} `;
    default:
      return "";
  }
}
