/** /logs: lines written from outside a lease, and queries over stored ones. */
import { LogBody, LogsQuery, labelsIssue, splitMessage } from "@conveyor-ci/contract";
import { ConveyorError, type LogChunk, type LogLine, normalRunId } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { HandlersOf } from "../http/handler.ts";
import { bodyShape, queryShape } from "../http/shape.ts";
import { Outlet } from "../streams/outlet.ts";
import { firstAfter, lineWriter } from "../views/line.ts";
import { lineMatcher } from "./line-matcher.ts";
import { parseTimestamp } from "./timestamp.ts";

type Ids = "writeLog" | "queryLogs";

const lineShape = bodyShape<LogBody>(LogBody);
const queryOf = queryShape<LogsQuery>(LogsQuery);

export function logRoutes(engine: Engine): HandlersOf<Ids> {
  return {
    writeLog: async (request, reply) => {
      const body = lineShape.parse(request.body);
      const { driver } = body;
      const run = normalRunId(body.runid);
      await engine.writeLines(request.principal, { run, driver, lines: linesOf(body) });
      return reply.code(201).header("content-type", "text/plain; charset=utf-8").send("Created");
    },
    queryLogs: (request, reply) => queryLogs(engine, request, reply),
  };
}

/** The line, or the parts of a long one. */
function linesOf(body: LogBody): readonly LogLine[] {
  const base = {
    timestamp:
      body.timestamp === undefined
        ? new Date().toISOString()
        : parseTimestamp(body.timestamp, "/timestamp"),
    level: body.level ?? "info",
  };
  const labels = body.labels ?? {};
  const issue = labelsIssue(labels);
  if (issue !== null) {
    const message = `/labels ${issue.message}`;
    const issues = [{ ...issue, path: "/labels" }];
    throw new ConveyorError({ code: "invalid_request", message, issues });
  }
  return splitMessage(body.message, labels).map((part) => ({ ...base, ...part }));
}

async function queryLogs(
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = queryOf.parse(request.query);
  if (query.after !== undefined && query.runid === undefined) {
    const message = "needs runid: lines are counted within a run";
    throw new ConveyorError({
      code: "invalid_request",
      message: `/after ${message}`,
      issues: [{ path: "/after", rule: "requires", message }],
    });
  }
  const isMatch = lineMatcher(query);
  const { after = 0, limit = Number.POSITIVE_INFINITY } = query;
  const chunks = engine
    .queryLogs({
      run: query.runid === undefined ? null : normalRunId(query.runid),
      driver: query.driver ?? null,
      pipeline: query.pipeline ?? null,
      step: query.step ?? null,
      after,
    })
    [Symbol.asyncIterator]();
  // The first chunk is awaited before the head is sent, so that a failure can still be a problem.
  const first = await chunks.next();
  const isLines = wantsLines(request);
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": isLines ? "application/x-ndjson" : "application/json; charset=utf-8",
  });
  if (request.method === "HEAD") {
    reply.raw.end();
    await chunks.return?.();
    return reply;
  }
  try {
    await writeChunks(reply, { chunks, first, after, limit, isMatch, isLines });
  } catch {
    // The head is out: a broken connection is the only way left to say that lines are missing.
    reply.raw.destroy();
  }
  return reply;
}

interface Answer {
  readonly chunks: AsyncIterator<LogChunk>;
  readonly first: IteratorResult<LogChunk>;
  readonly after: number;
  readonly limit: number;
  readonly isMatch: ((line: LogLine) => boolean) | null;
  readonly isLines: boolean;
}

async function writeChunks(reply: FastifyReply, answer: Answer): Promise<void> {
  const outlet = new Outlet(reply.raw);
  const { chunks, isLines } = answer;
  const separator = isLines ? "\n" : ",\n";
  let left = answer.limit;
  let isEmpty = true;
  try {
    if (!isLines) await outlet.write("[");
    for (let page = answer.first; page.done !== true && left > 0; page = await chunks.next()) {
      const texts = matching(page.value, answer).slice(0, left);
      if (texts.length === 0) continue;
      left -= texts.length;
      const text = (isEmpty ? "" : separator) + texts.join(separator);
      isEmpty = false;
      if (!(await outlet.write(text))) return;
    }
    if (!isLines) await outlet.write("]");
    else if (!isEmpty) await outlet.write("\n");
    reply.raw.end();
  } finally {
    await chunks.return?.();
  }
}

function matching(chunk: LogChunk, { after, isMatch }: Answer): string[] {
  const write = lineWriter(chunk);
  const texts: string[] = [];
  const from = firstAfter(chunk, after);
  for (const [index, line] of chunk.lines.entries()) {
    if (index >= from && (isMatch === null || isMatch(line))) texts.push(write(line, index));
  }
  return texts;
}

function wantsLines(request: FastifyRequest): boolean {
  return /ndjson|jsonl|json-seq/.test(request.headers.accept ?? "");
}
