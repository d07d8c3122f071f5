/** A read, and how long it took to its first byte and to its last. */
import { Agent, get } from "node:http";

export interface TimedAnswer {
  readonly firstMs: number;
  readonly allMs: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true });

export function timedGet(url: string): Promise<TimedAnswer> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    get(url, { agent }, (response) => {
      let firstMs = 0;
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        if (text === "") firstMs = performance.now() - begun;
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => {
        const allMs = performance.now() - begun;
        if (response.statusCode === 200) resolve({ firstMs, allMs, text });
        else reject(new Error(`${url} was answered ${response.statusCode}: ${text}`));
      });
    }).on("error", reject);
  });
}
