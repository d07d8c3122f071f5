/**
 * One keep-alive connection with one request under way: as little work for each request as can be, so
 * that the load generator takes little of the machine it shares with what it measures.
 */
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: (\d+)/i;

export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #waiting: Waiting | null = null;
  #text = "";

  constructor(server: string) {
    const { hostname, port, host } = new URL(server);
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#take(text));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error(`${server} closed the connection`)));
  }

  /** Bodies are ASCII. */
  post(path: string, body: string): Promise<Answer> {
    const { promise, resolve, reject } = withResolvers<Answer>();
    if (this.#socket.destroyed || this.#socket.readableEnded) {
      return Promise.reject(new Error(`the server has closed the connection before ${path}`));
    }
    this.#waiting = { resolve, reject };
    this.#socket.write(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    return promise;
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#text = this.#text === "" ? text : this.#text + text;
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#text.slice(0, headEnd);
    const begin = headEnd + HEAD_END.length;
    const end = begin + Number(LENGTH.exec(head)?.[1] ?? 0);
    if (this.#text.length < end) return;
    const answer = { status: Number(head.slice(9, 12)), body: this.#text.slice(begin, end) };
    this.#text = this.#text.slice(end);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}
