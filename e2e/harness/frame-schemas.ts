/** The frames of the driver protocol as the server itself describes them, in /asyncapi.json. */
import { Compile } from "typebox/schema";

type Json = ReturnType<typeof JSON.parse>;

export interface FrameSchemas {
  /** What an instance may send, by type. */
  readonly sent: ReadonlyMap<string, object>;
  /** What the server may send, by type. */
  readonly received: ReadonlyMap<string, object>;
  /** What is wrong with a frame that an instance sends, or the server; nothing: it is as described. */
  issues(frame: { readonly type: string }): readonly string[];
}

export async function fetchFrameSchemas(server: string): Promise<FrameSchemas> {
  const document = (await (await fetch(`${server}/asyncapi.json`)).json()) as Json;
  const sent = messagesOf(document, "receive");
  const received = messagesOf(document, "send");
  const compiled = new Map(
    [...sent, ...received].map(([type, schema]) => [type, Compile(schema)] as const),
  );
  return {
    sent,
    received,
    issues: (frame) => {
      const validator = compiled.get(frame.type);
      if (validator === undefined) return [`no frame of type ${frame.type} is described`];
      const [isGood, errors] = validator.Errors(frame);
      return isGood ? [] : errors.map((error) => `${error.instancePath} ${error.message}`);
    },
  };
}

/** From the server's side: it receives what instances send. */
function messagesOf(document: Json, operation: "receive" | "send"): Map<string, object> {
  const messages = new Map<string, object>();
  for (const { $ref } of document.operations[operation].messages) {
    const name = String($ref).split("/").at(-1) ?? "";
    messages.set(name, document.components.messages[name].payload);
  }
  return messages;
}
