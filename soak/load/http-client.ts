/**
 * Requests of the load, over connections that are kept; each tells how long its answer took.
 *
 * H1 At most `MAX_SOCKETS` requests are under way; more wait for a connection, and their wait counts
 *    as part of the answer's time.
 */
import { Agent, type IncomingMessage, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly firstByteMs: number;
  readonly wholeMs: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

const MAX_SOCKETS = 64;
const TIMEOUT_MS = 30_000;

export class HttpClient {
  readonly #server: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  constructor(server: string) {
    this.#server = server;
  }

  send({ method, path, body }: Call): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const headers = text === undefined ? {} : { "content-type": "application/json" };
      const options = { method, agent: this.#agent, headers, timeout: TIMEOUT_MS };
      const sent = request(`${this.#server}${path}`, options, (response) => {
        let received = "";
        let firstByteMs = 0;
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          if (received === "") firstByteMs = performance.now() - begun;
          received += part;
        });
        response.on("error", reject);
        response.on("end", () => {
          const wholeMs = performance.now() - begun;
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, text: received, firstByteMs, wholeMs });
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
      sent.on("error", reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
