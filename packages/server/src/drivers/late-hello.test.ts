import { expect, it } from "vitest";
import { BUILDER, openSocket, startTestApi } from "../testing/test-api.ts";

it("a connection that says nothing is told why and closed; one that said hello stays", async () => {
  const api = await startTestApi({ helloWithinMs: 100 });
  try {
    const greeted = await api.connect(BUILDER);
    await greeted.next("welcome");
    const silent = await openSocket(api.url, "/drivers/connect");
    expect(await silent.next("error")).toMatchObject({
      code: "invalid_frame",
      message: "no hello came within 0.1 s",
    });
    expect(await silent.closed).toMatchObject({ code: 4400 });
    expect(greeted.ws.readyState).toBe(greeted.ws.OPEN);
  } finally {
    await api.stop();
  }
});
