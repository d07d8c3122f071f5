/** Reading answers: one JSON document, or a list page by page. */
import type { WireList } from "@conveyor-ci/contract";
// Not from the package as a whole, whose schemas take longer to load than most commands to run.
import { OUTCOME_HEADER } from "@conveyor-ci/contract/headers";
import { UnreachableError } from "./errors.ts";
import type { Answer, Call, CallOptions, Query, Transport } from "./transport.ts";

/** What every list takes. */
export interface ListOptions extends CallOptions {
  /** Entries of a page, 1 to 1000; the iterator goes on to the next page by itself. */
  readonly limit?: number | undefined;
  /** Where to go on: `next` of an earlier page. */
  readonly cursor?: string | undefined;
}

/**
 * A list on the server. Nothing is asked for before it is iterated or `page` is called; the
 * iterator asks for a page when the one before has been used up.
 */
export interface List<T> extends AsyncIterable<T> {
  /** The page at `cursor`, else the first one. */
  page(): Promise<WireList<T>>;
}

/** Sends a request whose answer is JSON. The server's word is taken for the form of it. */
export async function fetchJson<T>(transport: Transport, call: Call): Promise<T> {
  return jsonOf<T>(transport, await transport.send(call));
}

/** What applying a body did. */
export type ApplyOutcome = "created" | "changed" | "unchanged";

/** The outcome that an answer names. */
export function outcomeOf(answer: Answer): ApplyOutcome {
  const outcome = answer.headers.get(OUTCOME_HEADER);
  return outcome === "created" || outcome === "unchanged" ? outcome : "changed";
}

/** Parses the body of an answer. */
export function jsonOf<T>(transport: Transport, answer: Answer): T {
  try {
    return JSON.parse(answer.text) as T;
  } catch (cause) {
    throw new UnreachableError({
      url: transport.server,
      reason: "what answers there is not a Conveyor server",
      cause,
    });
  }
}

/** The list at a path. */
export function listAt<T>(
  transport: Transport,
  at: { readonly path: string; readonly query?: Query; readonly options?: ListOptions },
): List<T> {
  const { limit, cursor, ...options } = at.options ?? {};
  const pageAt = async (from: string | undefined): Promise<WireList<T>> => {
    const query = { ...at.query, limit, cursor: from };
    const answer = await transport.send({ method: "GET", path: at.path, query, ...options });
    return jsonOf<WireList<T>>(transport, answer);
  };
  return {
    page: () => pageAt(cursor),
    async *[Symbol.asyncIterator]() {
      let next: string | null | undefined = cursor;
      do {
        const page: WireList<T> = await pageAt(next);
        yield* page.items;
        next = page.next;
      } while (next !== null && next !== undefined);
    },
  };
}
