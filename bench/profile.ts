/**
 * `node scripts/run-ts.mjs bench/profile.ts FILE.cpuprofile... [--top N] [--skip SECONDS]`: where the
 * time went, by package and by function: its own time and that of all it called. What is skipped is
 * the start of the process.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Spent {
  self: number;
  total: number;
}

/** Time in which nothing was to be done. */
const IDLE = new Set(["(idle)", "(program)", "(root)"]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { top: { type: "string", default: "40" }, skip: { type: "string", default: "0" } },
});
for (const file of positionals) print(JSON.parse(readFileSync(file, "utf8")) as Profile);

function print(profile: Profile): void {
  const { spent, busy } = spentByFunction(profile);
  console.log(`busy ${(busy / 1e6).toFixed(2)} s\n  self%  package`);
  for (const [name, self] of selfByPackage(profile, spent)) {
    if (self > busy / 200) console.log(`${((self / busy) * 100).toFixed(1).padStart(6)}  ${name}`);
  }
  console.log("  self%  total%  function");
  const rows = [...spent].sort(([, a], [, b]) => b.self - a.self).slice(0, Number(values.top));
  for (const [name, { self, total }] of rows) {
    const [own, all] = [self, total].map((time) => ((time / busy) * 100).toFixed(1).padStart(6));
    console.log(`${own}  ${all}  ${name}`);
  }
}

function spentByFunction(profile: Profile): { spent: Map<string, Spent>; busy: number } {
  const selfById = new Map<number, number>();
  let passed = 0;
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    passed += delta;
    if (passed > Number(values.skip) * 1e6) selfById.set(id, (selfById.get(id) ?? 0) + delta);
  }
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const spent = new Map<string, Spent>();
  let busy = 0;
  const visit = (node: ProfileNode, callers: ReadonlySet<string>): number => {
    const name = nameOf(node);
    const self = selfById.get(node.id) ?? 0;
    const inside = new Set(callers).add(name);
    let total = self;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) total += visit(child, inside);
    }
    const entry = spent.get(name) ?? { self: 0, total: 0 };
    spent.set(name, entry);
    if (IDLE.has(name)) return total;
    busy += self;
    entry.self += self;
    // A function that calls itself is counted once.
    if (!callers.has(name)) entry.total += total;
    return total;
  };
  const [root] = profile.nodes;
  if (root !== undefined) visit(root, new Set());
  return { spent, busy };
}

function selfByPackage(
  profile: Profile,
  spent: ReadonlyMap<string, Spent>,
): readonly (readonly [string, number])[] {
  const packages = new Map(profile.nodes.map((node) => [nameOf(node), packageOf(node)]));
  const sums = new Map<string, number>();
  for (const [name, { self }] of spent) {
    const owner = packages.get(name) ?? "";
    sums.set(owner, (sums.get(owner) ?? 0) + self);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

function packageOf({ callFrame: { functionName, url } }: ProfileNode): string {
  if (url === "") return functionName === "(garbage collector)" ? functionName : "native";
  if (url.startsWith("node:")) return "node";
  const found = /\/(?:node_modules|packages)\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(
    url,
  );
  return found?.[1] ?? "other";
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const path = url.split("/").slice(-3).join("/");
  return `${name} ${path}:${lineNumber + 1}`;
}
