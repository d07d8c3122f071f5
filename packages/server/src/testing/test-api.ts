/** A server of a test's own, on a directory and a port of its own, and what speaks to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { type StartOptions, startServer } from "../main.ts";
import { checkAnswer } from "./answer-check.ts";

/** Parsed JSON of which a test knows the form. */
type Loose = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the body, unchecked: tests look into it freely. */
  readonly json: Loose;
}

export interface TestApi {
  readonly url: string;
  /** Sends a request; a body that is no text is sent as JSON. */
  call(
    request: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Connects an instance of a driver, and answers it once it was welcomed. */
  connect(hello: object): Promise<TestInstance>;
  stop(): Promise<void>;
}

/** A driver instance that says what the test tells it to. */
export interface TestInstance {
  readonly ws: WebSocket;
  send(frame: object | string): void;
  /** The next frame of that type, also one that has come already. */
  next(type: string): Promise<Loose>;
  closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export async function startTestApi(options: Partial<StartOptions> = {}): Promise<TestApi> {
  const data = await mkdtemp(join(tmpdir(), "conveyor-server-"));
  const server = await startServer({ port: 0, logLevel: "silent", data, ...options });
  const { url } = server;
  return {
    url,
    call: (request, body, headers = {}) => call(url, { request, body, headers }),
    connect: (hello) => connect(url, hello),
    stop: async () => {
      await server.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function call(
  url: string,
  of: {
    readonly request: string;
    readonly body: unknown;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<Answer> {
  const [method = "GET", path = "/"] = of.request.split(" ");
  const body =
    of.body === undefined || typeof of.body === "string" ? of.body : JSON.stringify(of.body);
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(url + path, {
    method,
    headers: { ...type, ...of.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const mediaType = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
  checkAnswer({ method, path, status: response.status, mediaType, text });
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const json: unknown = isJson && text !== "" && !text.includes("}\n{") ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, json };
}

/** Opens a WebSocket and gathers its frames. */
export async function openSocket(url: string, path: string): Promise<TestInstance> {
  const ws = new WebSocket(url.replace("http", "ws") + path);
  const frames: Loose[] = [];
  let wake = (): void => {};
  ws.on("message", (data: Buffer) => {
    frames.push(JSON.parse(data.toString()));
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    ws.on("open", resolve);
    ws.on("error", reject);
  });
  return {
    ws,
    closed,
    send: (frame) => ws.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    next: async (type): Promise<unknown> => {
      for (;;) {
        const index = frames.findIndex((frame: { type?: string; event?: string }) =>
          type === "line" ? frame.event === undefined : (frame.type ?? frame.event) === type,
        );
        if (index >= 0) return frames.splice(index, 1)[0];
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

async function connect(url: string, hello: object): Promise<TestInstance> {
  const instance = await openSocket(url, "/drivers/connect");
  instance.send({ type: "hello", protocol: [1], instance: "i-1", boot: "b-1", ...hello });
  return instance;
}

/** What a driver named `builder` for kind `app` says. */
export const BUILDER = { driver: "builder", resources: ["app"] };
