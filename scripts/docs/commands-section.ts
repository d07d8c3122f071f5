/** The part of docs/reference/cli.md that is written from the help of the built command. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../run-step.mjs";

const PROGRAM = join(ROOT, "packages/cli/dist/main.js");

/** What `conveyor … --help` prints, as everywhere. */
export function helpOf(command: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, ...command, "--help"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", COLUMNS: "80" },
  });
  if (status !== 0) throw new Error(`conveyor ${command.join(" ")} --help failed: ${stderr}`);
  return stdout;
}

/** Names of the commands below one, from its help. */
function commandsIn(help: string): string[] {
  const list = /^Commands:\n((?: .*\n)+)/m.exec(help)?.[1] ?? "";
  const names = [...list.matchAll(/^ {2}([a-z]\S*)/gm)].map((match) => match[1] ?? "");
  return names.filter((name) => name !== "help");
}

/** Every command with its help; what all commands take stands once, at the first. */
export function commandsSection(): string {
  return sectionOf([]).join("\n\n");
}

function sectionOf(command: readonly string[]): string[] {
  const help = helpOf(command);
  const own = help.replace(/\nGlobal Options:\n(?: .*\n)+/, "").trim();
  const title = `### conveyor ${command.join(" ")}`.trim();
  const below = commandsIn(help).flatMap((name) => sectionOf([...command, name]));
  return [title, `\`\`\`text\n${own}\n\`\`\``, ...below];
}
