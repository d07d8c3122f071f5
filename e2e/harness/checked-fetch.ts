/** A `fetch` that holds every answer in JSON against the description of the API. */
import { createOpenApi } from "@conveyor-ci/contract";
import { describedAnswers } from "./generated/described-answers.ts";

const DESCRIBED = describedAnswers(JSON.parse(JSON.stringify(createOpenApi("e2e"))));

/** Notes what is not as described, so that the story goes on and its end tells it. */
export function checkedFetch(complaints: string[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const { status, statusText, headers } = response;
    const type = headers.get("content-type") ?? "";
    // Lines and events are read as they come.
    if (!/^application\/(?:problem\+)?json/.test(type)) return response;
    const text = await response.text();
    const method = init?.method ?? "GET";
    const { pathname: path } = new URL(input instanceof Request ? input.url : input);
    const issues = DESCRIBED.issues({ method, path }, { status, type, text });
    if (issues.length > 0) {
      complaints.push(`${method} ${path} answered ${status}: ${issues.join("; ")}\n${text}`);
    }
    return new Response(text, { status, statusText, headers });
  };
}
