/** What all parts of the load share. */
import type { Random } from "../../chaos/random.ts";
import type { Latencies } from "../measure/latencies.ts";
import type { Answer, Call, HttpClient } from "./http-client.ts";
import type { Ledger } from "./ledger.ts";
import type { Tally } from "./tally.ts";

export interface Stage {
  readonly server: string;
  readonly http: HttpClient;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly latencies: Latencies;
  readonly random: Random;
}

/** Sends, counts, and holds a refusal against those that may come; any other is a violation. */
export async function ask(
  { http, tally }: Stage,
  call: Call & { readonly what: string; readonly mayBe?: readonly string[] },
): Promise<Answer | null> {
  const { what, mayBe = [] } = call;
  tally.count("requests");
  let answer: Answer;
  try {
    answer = await http.send(call);
  } catch (error) {
    tally.refused(`${what}: no answer`);
    tally.violated(`${what}: ${String(error)}`);
    return null;
  }
  if (answer.status < 400) return answer;
  const code = codeOf(answer.text);
  tally.refused(`${what}: ${answer.status} ${code}`);
  if (!mayBe.includes(code)) {
    tally.violated(`${what} was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
  }
  return null;
}

function codeOf(text: string): string {
  try {
    return (JSON.parse(text) as { readonly code?: string }).code ?? "";
  } catch {
    return "";
  }
}
