/** A log line as it is shown. */
import type { WireLogLine } from "@conveyor-ci/contract";
import { oneLine, plainText, styledText } from "./plain-text.ts";
import type { Terminal } from "./terminal.ts";

export interface LineStyle {
  readonly timestamps: boolean;
}

type Screen = Pick<Terminal, "colors" | "isColored">;
type Painter = (text: string) => string;

/** Makes the function that shows lines: `step | message`, each step in a colour of its own. */
export function createLineView(screen: Screen, style: LineStyle): (line: WireLogLine) => string {
  const painterOf = createPainters(screen.colors);
  return (line) => {
    const name = nameOfLine(line);
    const time = style.timestamps ? `${screen.colors.dim(oneLine(line.timestamp))} ` : "";
    const head = `${time}${painterOf(name)(`${name} |`)} `;
    return textsOfLine(line, screen)
      .map((text) => `${head}${text}`.trimEnd() + "\n")
      .join("");
  };
}

/** Gives each name a colour of its own, as long as there are colours. */
export function createPainters(colors: Terminal["colors"]): (name: string) => Painter {
  const palette: readonly Painter[] = [
    colors.cyan,
    colors.magenta,
    colors.blue,
    colors.yellow,
    colors.green,
  ];
  const painters = new Map<string, Painter>();
  return (name) => {
    const known = painters.get(name);
    if (known !== undefined) return known;
    const painter = palette[painters.size % palette.length] ?? colors.cyan;
    painters.set(name, painter);
    return painter;
  };
}

/** Who logged the line: its step, which without a pipeline has its driver's name. */
export function nameOfLine(line: WireLogLine): string {
  return oneLine(line.step === "" ? line.driver : line.step);
}

/** What it says, line by line, after its level where that is not the usual one. */
export function textsOfLine(line: WireLogLine, screen: Screen): readonly string[] {
  const show = screen.isColored ? styledText : plainText;
  const level = levelText(line, screen);
  return line.message.split(/\r\n|\n|\r/).map((text) => `${level}${show(text)}`);
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
