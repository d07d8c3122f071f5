/** Which methods a path takes, to tell a wrong path (404) from a wrong method (405). */
import { ConveyorError, nearestWord, quoted } from "@conveyor-ci/core";

const MAX_SHOWN = 80;

export class RouteMethods {
  readonly #routes: {
    readonly segments: readonly string[];
    readonly methods: readonly string[];
  }[] = [];

  /** Notes a route, with `:name` for parameters and `*` for any rest. */
  add(pattern: string, methods: readonly string[]): void {
    this.#routes.push({ segments: segmentsOf(pattern), methods });
  }

  /** Why a request found no handler, and the methods that the path does take. */
  refusal(
    method: string,
    url: string,
  ): { readonly error: ConveyorError; readonly allow: string | null } {
    const path = url.replace(/[?#].*$/, "");
    const segments = segmentsOf(path);
    const methods = new Set<string>();
    for (const route of this.#routes) {
      if (isMatch(route.segments, segments)) for (const one of route.methods) methods.add(one);
    }
    if (methods.size === 0) {
      const error = new ConveyorError({
        code: "not_found",
        message: `there is nothing at ${shownPath(path)}`,
        hint: `${this.#suggestion(segments)}GET /openapi.json describes what there is`,
      });
      return { error, allow: null };
    }
    const allow = [...methods].sort().join(", ");
    const error = new ConveyorError({
      code: "method_not_allowed",
      message: `${shownPath(path)} does not take ${method}`,
      hint: `it takes ${allow}`,
    });
    return { error, allow };
  }

  /** The mistyped word is nearly always the first. */
  #suggestion([first = "", ...rest]: readonly string[]): string {
    const known = new Set(this.#routes.map((route) => route.segments[0] ?? ""));
    known.delete("");
    const near = known.has(first) ? undefined : nearestWord(first, [...known]);
    return near === undefined ? "" : `did you mean ${shownPath(`/${[near, ...rest].join("/")}`)}? `;
  }
}

function shownPath(path: string): string {
  return path.length > MAX_SHOWN ? quoted(path) : path;
}

function segmentsOf(path: string): readonly string[] {
  return path.replace(/\/$/, "").split("/").slice(1);
}

function isMatch(pattern: readonly string[], path: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === "*";
  if (isOpen ? path.length < pattern.length - 1 : path.length !== pattern.length) return false;
  return pattern.every((segment, index) => {
    if (segment === "*") return true;
    return segment.startsWith(":") ? path[index] !== "" : segment === path[index];
  });
}
