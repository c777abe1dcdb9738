import type { Gap, LedgerMemory } from '@tickwright/market';
import type { GapStore, LedgerMemoryStore } from '@tickwright/store';
import { FaultyStore } from './faulty-store-fixture.ts';
import type { World } from './world-fixture.ts';

/** `state.duckdb`: versions of gaps, and what the ledger knows beside them. A database of its own. */
export class SimulatedStateStore implements Pick<GapStore, 'append' | 'load'>, LedgerMemoryStore {
  readonly store: FaultyStore;
  readonly #gaps: { readonly gap: Gap; readonly written: number }[] = [];
  readonly #memories: { readonly asOf: number; readonly text: string }[] = [];
  #written = 0;

  constructor(world: World) {
    this.store = new FaultyStore(world, 'state');
  }

  async append(gaps: readonly Gap[]): Promise<void> {
    const written = ++this.#written;
    const rows = gaps.map((gap) => ({ gap: { ...gap }, written }));
    await this.store.transaction(`append ${rows.length} gaps`, () => void this.#gaps.push(...rows));
  }

  load(asOf: number): Promise<LedgerMemory | undefined>;
  load(options?: { readonly asOf?: number }): Promise<Gap[]>;
  async load(asked: number | { readonly asOf?: number } = {}): Promise<LedgerMemory | undefined | Gap[]> {
    await this.store.read('load');
    return typeof asked === 'number' ? this.#memoryAt(asked) : this.#gapsAt(asked.asOf ?? Infinity);
  }

  async save(asOf: number, memory: LedgerMemory): Promise<void> {
    const text = JSON.stringify(memory);
    await this.store.transaction(`save the ledger's memory of ${asOf}`, () => {
      this.#memories.push({ asOf, text });
    });
  }

  #memoryAt(asOf: number): LedgerMemory | undefined {
    let newest: { asOf: number; text: string } | undefined;
    for (const each of this.#memories)
      if (each.asOf <= asOf && each.asOf >= (newest?.asOf ?? -1)) newest = each;
    return newest === undefined ? undefined : (JSON.parse(newest.text) as LedgerMemory);
  }

  #gapsAt(asOf: number): Gap[] {
    const newest = new Map<string, { gap: Gap; written: number }>();
    for (const each of this.#gaps) {
      if (each.gap.version >= asOf) continue;
      const known = newest.get(each.gap.id)?.gap.version ?? -1;
      if (each.gap.version >= known) newest.set(each.gap.id, each);
    }
    return [...newest.values()]
      .map(({ gap }) => ({ ...gap }))
      .toSorted((a, b) => a.openedOffset - b.openedOffset || (a.id < b.id ? -1 : 1));
  }
}
