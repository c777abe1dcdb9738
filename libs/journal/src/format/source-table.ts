import type { FrameSource } from '@tickwright/market';
import { encodeSource } from './block-format.ts';

const SOURCES_MAX = 65_535;

/** Numbers the sources of one journal's run, and remembers how each is encoded. */
export class SourceTable {
  readonly #handles = new Map<string, number>();
  /** By handle. */
  readonly encoded: Buffer[] = [];

  /** The source's handle; the same source has the same one. Throws a RangeError beyond 65,535 sources. */
  intern(source: FrameSource): number {
    const key = JSON.stringify([source.kind, source.venue, source.connection]);
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    if (this.encoded.length >= SOURCES_MAX)
      throw new RangeError(`more than ${SOURCES_MAX} sources of frames`);
    const handle = this.encoded.push(encodeSource(source)) - 1;
    this.#handles.set(key, handle);
    return handle;
  }
}
