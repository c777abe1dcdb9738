import type { InstrumentTable } from '@tickwright/market';

/** The hash of a symbol's bytes: `(hash * 31 + byte) | 0` over them, from 0. A scanner computes it on its way. */
export function symbolHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]) | 0;
  return hash;
}

/**
 * Finds an instrument's number by its venue symbol as bytes, without making a string: open addressing over hashes,
 * the bytes compared in the end. Follows the table: instruments added later are found too.
 */
export class SymbolIndex {
  readonly #table: InstrumentTable;
  readonly #segments: ReadonlySet<string>;
  readonly #bySymbol = new Map<string, number>();
  #indexed = 0;
  /** Instrument number + 1, or 0 where the slot is free. A power of two in length, at most half full. */
  #slots = new Int32Array(16);
  #hashes = new Int32Array(16);
  #symbols: Buffer[] = Array.from({ length: 16 }, () => Buffer.alloc(0));

  /** Only instruments of these segments are found. */
  constructor(table: InstrumentTable, segments: string | ReadonlySet<string>) {
    this.#table = table;
    this.#segments = typeof segments === 'string' ? new Set([segments]) : segments;
    this.#follow();
  }

  /** The number of the instrument whose symbol is the bytes [start, end) with that hash, or -1. */
  find(bytes: Buffer, start: number, end: number, hash: number): number {
    const found = this.#probe(bytes, start, end, hash);
    if (found >= 0 || this.#indexed === this.#table.size) return found;
    this.#follow();
    return this.#probe(bytes, start, end, hash);
  }

  /** The number of the instrument with that symbol, or -1. */
  findText(symbol: string): number {
    if (this.#indexed !== this.#table.size) this.#follow();
    return this.#bySymbol.get(symbol) ?? -1;
  }

  #probe(bytes: Buffer, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot];
      if (number === 0) return -1;
      if (this.#hashes[slot] === hash && isSame(this.#symbols[slot], bytes, start, end)) return number - 1;
    }
  }

  #follow(): void {
    const list = this.#table.list();
    for (; this.#indexed < list.length; this.#indexed++) {
      const instrument = list[this.#indexed];
      if (!this.#segments.has(instrument.segment) || this.#bySymbol.has(instrument.venueSymbol)) continue;
      this.#bySymbol.set(instrument.venueSymbol, this.#indexed);
    }
    let size = 16;
    while (size < this.#bySymbol.size * 2 + 1) size *= 2;
    this.#slots = new Int32Array(size);
    this.#hashes = new Int32Array(size);
    this.#symbols = Array.from({ length: size }, () => Buffer.alloc(0));
    for (const [symbol, number] of this.#bySymbol) this.#insert(Buffer.from(symbol), number);
  }

  #insert(symbol: Buffer, number: number): void {
    const hash = symbolHash(symbol, 0, symbol.length);
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number + 1;
    this.#hashes[slot] = hash;
    this.#symbols[slot] = symbol;
  }
}

/** Symbols that share an ending differ little in the low bits of their hash. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function isSame(symbol: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (symbol.length !== end - start) return false;
  for (let i = 0; i < symbol.length; i++) if (symbol[i] !== bytes[start + i]) return false;
  return true;
}
