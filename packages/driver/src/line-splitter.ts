/**
 * Splits a byte stream into lines: LF or CR LF ends one, characters may lie across chunks, and what is
 * longer than the bound is handed on in pieces. A piece without an end waits for the rest of its line.
 */
import { StringDecoder } from "node:string_decoder";

/** In UTF-16 units, so that a piece is at most 192 KiB of UTF-8 and fits a log line. */
export const MAX_PIECE_LENGTH = 64 * 1024;

export interface LinePiece {
  readonly text: string;
  /** Which piece of its line, from 1, when the line is longer than the bound. */
  readonly part?: number;
}

export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #part = 0;

  push(chunk: Buffer): LinePiece[] {
    const pieces: LinePiece[] = [];
    const text = this.#rest + this.#decoder.write(chunk);
    let from = 0;
    for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
      this.#endLine(text.slice(from, text[to - 1] === "\r" && to > from ? to - 1 : to), pieces);
      from = to + 1;
    }
    this.#rest = this.#cut(text.slice(from), pieces);
    return pieces;
  }

  /** What is left when the stream has ended. */
  end(): LinePiece[] {
    const pieces: LinePiece[] = [];
    const text = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (text !== "") this.#endLine(text, pieces);
    return pieces;
  }

  #endLine(text: string, pieces: LinePiece[]): void {
    const rest = this.#cut(text, pieces);
    if (this.#part === 0) pieces.push({ text: rest });
    else if (rest !== "") pieces.push({ text: rest, part: this.#part + 1 });
    this.#part = 0;
  }

  /** Hands on whole pieces and answers the rest, which is shorter than one. */
  #cut(text: string, pieces: LinePiece[]): string {
    let from = 0;
    while (text.length - from > MAX_PIECE_LENGTH) {
      const to =
        from + MAX_PIECE_LENGTH - (isHighSurrogate(text, from + MAX_PIECE_LENGTH - 1) ? 1 : 0);
      this.#part += 1;
      pieces.push({ text: text.slice(from, to), part: this.#part });
      from = to;
    }
    return text.slice(from);
  }
}

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit <= 0xdbff;
}
