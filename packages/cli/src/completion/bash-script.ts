/** Completion for bash, and for zsh by its bashcompinit. */
import type { CommandWords, Flag } from "./command-words.ts";

/** The script: a case for the words after each command, and one for the values of its flags. */
export function bashScript(commands: readonly CommandWords[]): string {
  const known = commands.map(({ path }) => path).filter((path) => path !== "");
  const words = commands.map(({ path, next, flags }) => {
    const first = next.map(({ word }) => word).join(" ");
    const rest = flags.map(({ long }) => long).join(" ");
    return `    ${quote(path)}) first=${quote(first)} flags=${quote(rest)} ;;`;
  });
  const valued = commands.flatMap((command) =>
    command.flags.filter(({ takesValue }) => takesValue).map((flag) => ({ command, flag })),
  );
  const values = valued
    .filter(({ flag }) => flag.choices.length > 0)
    .map(({ command, flag }) => {
      const patterns = namesOf(flag).map((name) => quote(`${command.path} ${name}`));
      return `    ${patterns.join("|")}) words=${quote(flag.choices.join(" "))} ;;`;
    });
  const taking = valued.flatMap(({ command, flag }) =>
    namesOf(flag).map((name) => quote(`${command.path} ${name}`)),
  );
  return `_conveyor() {
  local path="" word="" flag="" first="" flags="" words="" argument="" index=""
  local current="\${COMP_WORDS[COMP_CWORD]}"
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [ -n "$flag" ]; then flag=""; continue; fi
    case "\${path:+$path }$word" in
      ${known.map(quote).join("|")}) path="\${path:+$path }$word"; continue ;;
    esac
    case "$path $word" in
      ${taking.join("|")}) flag="$word" ;;
      *" -"*) ;;
      *) argument="$word" ;;
    esac
  done
  case "$path $flag" in
${values.join("\n")}
  esac
  if [ -z "$flag" ]; then
    case "$path" in
${words.join("\n")}
    esac
    words="$flags"
    if [ -z "$argument" ]; then words="$first $flags"; fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _conveyor conveyor
`;
}

function namesOf({ long, short }: Flag): readonly string[] {
  return short === undefined ? [long] : [long, short];
}

function quote(text: string): string {
  return JSON.stringify(text);
}
