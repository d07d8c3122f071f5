import { createServer, type Server, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { createScope, type Scope } from "./scope.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

interface End {
  readonly socket: Socket;
  text: string;
  /** How it ended; null while it is open. */
  ended: "end" | "reset" | null;
}

function watch(socket: Socket): End {
  const end: End = { socket, text: "", ended: null };
  socket.on("data", (bytes) => {
    end.text += bytes.toString("latin1");
  });
  socket.on("end", () => {
    end.ended ??= "end";
  });
  socket.on("error", () => {
    end.ended = "reset";
  });
  return end;
}

describe("the network of the stories", () => {
  let scope: Scope;
  let proxy: TcpProxy;
  let client: End;
  let server: End;

  beforeEach(async () => {
    scope = createScope("proxy");
    let accepted: End | undefined;
    const listener: Server = createServer((socket) => {
      accepted = watch(socket);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as { port: number };
    proxy = await startTcpProxy(scope, `http://127.0.0.1:${port}`);
    const socket = new Socket();
    socket.connect(Number(new URL(proxy.url).port), "127.0.0.1");
    client = watch(socket);
    server = await eventually(() => accepted);
    scope.own(async () => {
      socket.destroy();
      server.socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    });
    await exchange("begin");
  });

  afterEach(() => scope.close());

  /** What is sent up and down arrives. */
  async function exchange(text: string): Promise<void> {
    client.socket.write(`up ${text}`);
    server.socket.write(`down ${text}`);
    await eventually(() => server.text.endsWith(`up ${text}`));
    await eventually(() => client.text.endsWith(`down ${text}`));
  }

  it("passes on what is said, and that an end has nothing more to say", async () => {
    client.socket.end("bye");
    await eventually(() => server.ended === "end" && server.text.endsWith("bye"));
    server.socket.end();
    await eventually(() => client.ended === "end" && proxy.open === 0);
  });

  it("X2: holds both directions, and lets arrive all of it when it heals", async () => {
    proxy.hold("up", "down");
    client.socket.write("-1-");
    server.socket.write("-2-");
    proxy.hold("up", "down");
    expect([server.text, client.text]).toEqual(["up begin", "down begin"]);
    proxy.heal();
    await eventually(() => server.text === "up begin-1-" && client.text === "down begin-2-");
    await exchange("end");
  });

  it("X2: holds one direction while the other goes on", async () => {
    proxy.hold("up");
    client.socket.write("-1-");
    server.socket.write("-2-");
    await eventually(() => client.text === "down begin-2-");
    expect(server.text).toBe("up begin");
    proxy.heal();
    await eventually(() => server.text === "up begin-1-");
  });

  it("X2: does not tell the server of a client that is gone before it heals", async () => {
    proxy.hold("up", "down");
    client.socket.resetAndDestroy();
    server.socket.write("x".repeat(1_000));
    await eventually(() => client.socket.destroyed);
    expect(server.ended).toBeNull();
    proxy.heal();
    await eventually(() => server.ended !== null && proxy.open === 0);
  });

  it("resets both ends", async () => {
    proxy.cut();
    await eventually(() => client.ended === "reset" && server.ended === "reset");
    expect(proxy.open).toBe(0);
  });

  it("resets one end, and leaves the other in silence until it is cut", async () => {
    proxy.vanish("client");
    await eventually(() => client.ended === "reset");
    server.socket.write("is anybody there");
    expect(server.ended).toBeNull();
    expect(proxy.open).toBe(1);
    proxy.cutSilent();
    await eventually(() => server.ended === "reset" && proxy.open === 0);
  });

  it("cuts off in the middle of what is said", async () => {
    proxy.cutAfter("down", 5);
    server.socket.write("down again");
    // Node tells a reset that comes right behind data as an end.
    await eventually(() => client.ended !== null && server.ended === "reset");
    expect("down begindown ".startsWith(client.text)).toBe(true);
  });

  it("X1: changes nothing of what it breaks into pieces", async () => {
    let size = 0;
    proxy.trickle({
      size: () => {
        size = (size % 7) + 1;
        return size;
      },
      delayMs: () => 1,
    });
    await exchange(Array.from({ length: 100 }, (_, index) => String(index)).join(" "));
  });
});
