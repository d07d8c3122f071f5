// @ts-check
/** Rule `cycle`: no file imports itself through others, types included. */
import { resolveRelative } from "./sources.mjs";

/**
 * @typedef {import("./sources.mjs").Source} Source
 * @typedef {import("./sources.mjs").Violation} Violation
 */

/**
 * The shortest way from a file back to itself, by breadth-first search.
 *
 * @param {Map<string, string[]>} graph
 * @param {string} start
 * @returns {string[] | undefined}
 */
function findCycle(graph, start) {
  const seen = new Set();
  const ways = [[start]];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const next of graph.get(way.at(-1) ?? "") ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

/**
 * @param {string} _root
 * @param {readonly Source[]} sources
 * @returns {Violation[]}
 */
export function checkCycles(_root, sources) {
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const { path, imports } of sources) {
    const relative = imports.filter(({ specifier }) => specifier.startsWith("."));
    graph.set(
      path,
      relative.map(({ specifier }) => resolveRelative(path, specifier)),
    );
  }
  /** A cycle is told once, at the first of its files. */
  const told = new Set();
  return sources.flatMap(({ path }) => {
    const cycle = told.has(path) ? undefined : findCycle(graph, path);
    if (cycle === undefined) return [];
    for (const file of cycle) told.add(file);
    return [{ path, line: 1, rule: "cycle", text: cycle.join(" -> ") }];
  });
}
