/** What the exit code of `conveyor` says. Part of its contract. */
export const EXIT = {
  /** Done. */
  done: 0,
  /** The run that was followed did not succeed. */
  runFailed: 1,
  /** Wrong usage, a file that cannot be read, or a server that cannot start as it was told. */
  usage: 2,
  /** No server answers. */
  unreachable: 3,
  /** The server refused, not found included. */
  refused: 4,
  /** A bug of the command itself. */
  bug: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
