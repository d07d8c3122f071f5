// @ts-check
/**
 * The environment for what this platform starts. A git hook runs with GIT_* set, and with them git
 * works on the hook's repository, wherever it is called; a commit that is tested has no business
 * with the platform's token.
 *
 * @param {Record<string, string>} [more]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(more = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: "0", ...more };
}

/**
 * The same for a program that nobody trusts.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function untrustedEnvironment() {
  const { CONVEYOR_TOKEN: _token, ...rest } = cleanEnvironment();
  return rest;
}
