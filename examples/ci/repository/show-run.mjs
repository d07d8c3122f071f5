// @ts-check
/**
 * Shows a run to somebody in a terminal: why it waits, its lines as they come, how it ended.
 *
 * F1 Every line once, from the first one, also across a restart of the control plane.
 * F2 It comes back: when the run has ended, when `FOLLOW_MS` are over, or when the control plane was
 *    away for `AWAY_MS`. The run goes on in any case.
 */
import { stripVTControlCharacters } from "node:util";
import { repeatWhileAway } from "./repeat-while-away.mjs";

/**
 * @typedef {import("@conveyor-ci/client").Client} Client
 * @typedef {Awaited<ReturnType<Client["runs"]["get"]>>} Run
 * @typedef {{ client: Client, runId: string, say: (text: string) => void }} Shown
 */

const FOLLOW_MS = 15 * 60_000;
const AWAY_MS = 60_000;
const EXPLAIN_EVERY_MS = 3_000;

// Control characters but tab: what a test prints is not to drive anybody's terminal.
const CONTROLS = new RegExp("[\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]", "g");

/**
 * @param {Shown} of
 * @returns {Promise<Run>} the run, which has ended
 */
export async function showRun({ client, runId, say }) {
  const signal = AbortSignal.timeout(FOLLOW_MS);
  const stopExplaining = explain({ client, runId, say });
  /** @type {number | undefined} */
  let after;
  const onAway = () => say("the control plane is away; the run goes on, trying again …");
  try {
    return await repeatWhileAway({ forMs: AWAY_MS, onAway }, async () => {
      const onReconnect = (/** @type {{ attempt: number }} */ { attempt }) => {
        if (attempt === 1) onAway();
      };
      const items = client.logs.follow({ runId, signal, onReconnect, ...(after && { after }) });
      for await (const item of items) {
        stopExplaining();
        if (item.kind === "end") break;
        after = item.line.seq; // F1
        // How the platform itself went about it is in the log, for those who look after it.
        if (item.line.level !== "debug")
          say(`${item.line.step.padEnd(8)} | ${plainText(item.line.message)}`);
      }
      return await client.runs.get(runId, { signal });
    });
  } finally {
    stopExplaining();
  }
}

/**
 * Says why there is no line yet, and again when the reason is another.
 *
 * @param {Shown} of
 * @returns {() => void} ends it
 */
function explain({ client, runId, say }) {
  let said = "";
  const timer = setInterval(async () => {
    const run = await client.runs.get(runId).catch(() => undefined);
    const text = whyOf(run).join("; ");
    if (text === said || !timer.hasRef()) return;
    said = text;
    if (text !== "") say(text);
  }, EXPLAIN_EVERY_MS);
  return () => clearInterval(timer.unref());
}

/**
 * The reasons of the run, else those of its first step that has any: steps behind wait for that one.
 *
 * @param {Run | undefined} run
 */
function whyOf(run) {
  const ofRun = run?.why ?? [];
  const reasons = ofRun.length > 0 ? ofRun : (run?.steps.find(({ why }) => why?.length)?.why ?? []);
  return reasons.map(({ message }) => plainText(message));
}

/**
 * How a run ended, in a line: the steps that went wrong, or the archive that was made.
 *
 * @param {Run} run
 */
export function outcomeOf(run) {
  const ms = Date.parse(run.finishedAt ?? "") - Date.parse(run.startedAt ?? "");
  const time = Number.isNaN(ms) ? "" : ` after ${(ms / 1_000).toFixed(1)} s`;
  const about = run.steps.flatMap(({ id, state, message, result }) => {
    if (["succeeded", "skipped"].includes(state)) return [];
    // The last lines of a command, which follow, were shown as they came.
    const [first = ""] = (message ?? result?.message ?? "").split("\n");
    return first === "" ? [] : [`${id}: ${plainText(first.replace(/; its last lines:$/, ""))}`];
  });
  const made = run.steps.find(({ id }) => id === "package")?.result?.data;
  const archive = /** @type {import("../platform.mjs").PackageData | null | undefined} */ (made);
  if (archive) about.push(archive.file);
  return `${run.state.toUpperCase()}${time}${about.length > 0 ? `: ${about.join("; ")}` : ""}`;
}

/** @param {string} text */
function plainText(text) {
  return stripVTControlCharacters(text).replace(CONTROLS, "");
}
