import type { ConsumedLog, ConsumedRun } from '@tickwright/runner';
import type { InstanceInfo } from '@tickwright/runtime';
import { OwnerUnreachableError, askInstance } from './owner.ts';
import type { Terminal } from './terminal.ts';

/** Events of one question. */
const PIECE = 20_000;

/** What the running runner has consumed, asked of it. */
export function consumedBy(instance: InstanceInfo, terminal: Terminal): ConsumedLog {
  const base = instance.addresses['http'];
  if (base === undefined) throw new OwnerUnreachableError('the runner is starting; try again in a moment');
  const get = async <T>(path: string): Promise<T> => {
    const { token } = instance;
    const asked = { who: 'runner', method: 'GET' as const, base, path, token, signal: terminal.signal };
    // Of a runner of this release: its lock is on this data directory.
    return (await (await askInstance(asked)).json()) as T;
  };
  return {
    runs: () => get<ConsumedRun[]>('/api/v1/runs'),
    async eventRange(from, to) {
      type Range = { readonly first?: number; readonly last?: number };
      const { first, last } = await get<Range>(`/api/v1/consumed/range?from=${from}&to=${to}`);
      return first === undefined || last === undefined ? undefined : { first, last };
    },
    async *events(fromSeq, toSeq) {
      for (let from = fromSeq; from <= toSeq; from += PIECE)
        yield await get(`/api/v1/consumed?from=${from}&to=${Math.min(toSeq, from + PIECE - 1)}`);
    },
    texts: (table, { first, last }) => get(`/api/v1/consumed/${table}?from=${first}&to=${last}`),
  };
}
