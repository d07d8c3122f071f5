/** Requests that come from the same process, without a socket. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";

/** Statuses whose answers have no body, not even an empty one. */
const BODILESS = new Set([204, 205, 304]);

/** Has the application answer the request; the body of the answer arrives as it is written. */
export async function injectRequest(app: FastifyInstance, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url);
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
  const answer = await app.inject({
    method: request.method,
    url: pathname + search,
    headers: { host, ...Object.fromEntries(request.headers) },
    payloadAsStream: true,
    signal: request.signal,
    ...(body === undefined ? {} : { payload: body }),
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, String(one));
  }
  const { statusCode: status } = answer;
  const stream = BODILESS.has(status) ? null : Readable.toWeb(answer.stream());
  return new Response(stream as ReadableStream | null, { status, headers });
}
