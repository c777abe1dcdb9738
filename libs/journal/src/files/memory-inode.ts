/** The content of a file in memory: as programs see it, and as a power loss would leave it. */
export class MemoryInode {
  #content: Buffer = Buffer.alloc(0);
  #size = 0;
  #synced: Buffer = Buffer.alloc(0);
  /** Changes since the last successful sync, in order. */
  #unsynced: Change[] = [];
  /** Changes that were synced or lost. */
  #settledChanges = 0;

  get size(): number {
    return this.#size;
  }

  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.#size, position + into.byteLength);
    if (position >= end) return 0;
    into.set(this.#content.subarray(position, end));
    return end - position;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#change({ kind: 'write', position, bytes: Buffer.from(bytes) });
  }

  truncate(length: number): void {
    this.#change({ kind: 'truncate', length });
  }

  /** So many changes were made in all: a sync that begins now covers these, and none that follow. */
  get changes(): number {
    return this.#settledChanges + this.#unsynced.length;
  }

  sync(upTo: number): void {
    const covered = this.#unsynced.splice(0, Math.max(0, upTo - this.#settledChanges));
    this.#settledChanges += covered.length;
    for (const change of covered) this.#synced = applied(this.#synced, change);
  }

  /** As after a failed fsync on Linux: the pages count as clean, and no later sync writes them. */
  loseUnsynced(): void {
    this.#settledChanges += this.#unsynced.length;
    this.#unsynced = [];
  }

  /** Leaves what was synced, and the first of what was not: so many changes whole and so many bytes of the next. */
  crash(survivors: { changes: number; bytes: number }): void {
    let content: Buffer = this.#synced;
    for (const [index, change] of this.#unsynced.entries()) {
      if (index < survivors.changes) content = applied(content, change);
      else if (index === survivors.changes && change.kind === 'write') {
        content = applied(content, { ...change, bytes: change.bytes.subarray(0, survivors.bytes) });
      }
    }
    this.#content = Buffer.from(content);
    this.#size = content.length;
    this.#synced = Buffer.from(content);
    this.#unsynced = [];
  }

  get unsyncedChanges(): number {
    return this.#unsynced.length;
  }

  /** A copy of what programs see. */
  bytes(): Buffer {
    return Buffer.from(this.#content.subarray(0, this.#size));
  }

  #change(change: Change): void {
    this.#unsynced.push(change);
    const end = change.kind === 'write' ? change.position + change.bytes.length : change.length;
    if (end > this.#content.length) {
      const grown = Buffer.alloc(Math.max(end, 2 * this.#content.length));
      this.#content.copy(grown, 0, 0, this.#size);
      this.#content = grown;
    }
    if (change.kind === 'write') {
      change.bytes.copy(this.#content, change.position);
      this.#size = Math.max(this.#size, end);
    } else {
      this.#content.fill(0, end);
      this.#size = end;
    }
  }
}

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number };

function applied(content: Buffer, change: Change): Buffer {
  const length =
    change.kind === 'truncate'
      ? change.length
      : Math.max(content.length, change.position + change.bytes.length);
  const result = Buffer.alloc(length);
  content.copy(result, 0, 0, length);
  if (change.kind === 'write') change.bytes.copy(result, change.position);
  return result;
}
