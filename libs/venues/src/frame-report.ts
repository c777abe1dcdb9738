import { countOther, Decoded, decoderCounts } from './decoder.ts';
import type { DecoderCounts, DecoderOptions, RejectReason } from './decoder.ts';

/** What a decoder says of a frame that is no tick, and counts. */
export class FrameReport {
  readonly counts: DecoderCounts = decoderCounts();
  readonly #onRejected: DecoderOptions['onRejected'];

  constructor(options: DecoderOptions = {}) {
    this.#onRejected = options.onRejected;
  }

  other(type: string): Decoded {
    countOther(this.counts, type);
    return Decoded.other;
  }

  control(): Decoded {
    this.counts.control++;
    return Decoded.control;
  }

  reject(reason: RejectReason, bytes: Buffer): Decoded {
    this.counts.rejected[reason]++;
    this.#onRejected?.(reason, bytes);
    return Decoded.rejected;
  }
}

/** An answer's frame taken apart: `<request path with query>\n<body>`; undefined when it is none. */
export function splitAnswer(
  bytes: Buffer,
): { readonly path: string; readonly query: URLSearchParams; readonly body: string } | undefined {
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('latin1', 0, lineEnd);
  const question = line.indexOf('?');
  const path = question < 0 ? line : line.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : line.slice(question + 1));
  return { path, query, body: bytes.toString('utf8', lineEnd + 1) };
}
