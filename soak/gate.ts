/** A way to the server that can be cut, as a proxy that reloads does; the processes stay. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Scope } from "../e2e/harness/scope.ts";

export interface Gate {
  readonly url: string;
  /** Breaks every connection; new ones are taken at once. */
  cut(): void;
}

export async function openGate(scope: Scope, serverPort: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const gate = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port: serverPort, noDelay: true });
    near.setNoDelay(true);
    keep(near, far);
    keep(far, near);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
  scope.own(() => {
    cut();
    gate.close();
  });
  return { url: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`, cut };
}
