/** Which methods a path takes, to tell a wrong path (404) from a wrong method (405). */
import { ConveyorError } from "@conveyor-ci/core";

export class RouteMethods {
  readonly #routes: {
    readonly segments: readonly string[];
    readonly methods: readonly string[];
  }[] = [];

  /** Notes a route, with `:name` for parameters and `*` for any rest. */
  add(pattern: string, methods: readonly string[]): void {
    this.#routes.push({ segments: segmentsOf(pattern), methods });
  }

  /** Why a request found no handler. */
  refusal(method: string, url: string): ConveyorError {
    const path = url.replace(/[?#].*$/, "");
    const segments = segmentsOf(path);
    const methods = new Set<string>();
    for (const route of this.#routes) {
      if (isMatch(route.segments, segments)) for (const one of route.methods) methods.add(one);
    }
    if (methods.size === 0) {
      return new ConveyorError({
        code: "not_found",
        message: `there is nothing at ${path}`,
        hint: "GET /openapi.json describes what there is",
      });
    }
    return new ConveyorError({
      code: "method_not_allowed",
      message: `${path} does not take ${method}`,
      hint: [...methods].sort().join(", "),
    });
  }
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
