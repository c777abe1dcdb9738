import type { EngineState, JsonValue, StateRow } from './contract/output.ts';

/**
 * The engine's whole state as records by key. Records are immutable JSON; replacing one marks its row as changed, so that what
 * the ledger is given and what the engine goes on with cannot differ.
 */
export class StateRows {
  readonly #values: Map<string, JsonValue>;
  readonly #changed = new Set<string>();

  constructor(state: EngineState = {}) {
    this.#values = new Map(Object.entries(state));
  }

  get(key: string): JsonValue | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: JsonValue): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  remove(key: string): void {
    if (this.#values.delete(key)) this.#changed.add(key);
  }

  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix));
  }

  /** The rows that changed since the last call. */
  drain(): StateRow[] {
    const rows = [...this.#changed].map((key) => ({ key, value: this.#values.get(key) ?? null }));
    this.#changed.clear();
    return rows;
  }

  all(): EngineState {
    return Object.fromEntries(this.#values);
  }
}

/** Records of one kind, kept in the state rows under `<prefix>/<id>`, in order of their first putting. */
export class StateTable<T extends object> {
  readonly #rows: StateRows;
  readonly #prefix: string;
  readonly #records = new Map<string, T>();
  /** Made once, for a key made anew would be hashed anew at every change. */
  readonly #keys = new Map<string, string>();

  constructor(rows: StateRows, prefix: string) {
    this.#rows = rows;
    this.#prefix = `${prefix}/`;
    for (const key of rows.keys(this.#prefix))
      this.#records.set(key.slice(this.#prefix.length), rows.get(key) as T);
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  put(id: string, record: T): void {
    this.#records.set(id, record);
    this.#rows.put(this.#keyOf(id), record as unknown as JsonValue);
  }

  remove(id: string): void {
    if (this.#records.delete(id)) this.#rows.remove(this.#keyOf(id));
    this.#keys.delete(id);
  }

  values(): IterableIterator<T> {
    return this.#records.values();
  }

  entries(): IterableIterator<[string, T]> {
    return this.#records.entries();
  }

  #keyOf(id: string): string {
    let key = this.#keys.get(id);
    if (key === undefined) this.#keys.set(id, (key = this.#prefix + id));
    return key;
  }
}
