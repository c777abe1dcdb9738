import type { AlertRow, Ledger } from '@tickwright/ledger';
import { loopService } from '@tickwright/runtime';
import type { Clock, Log, Service } from '@tickwright/runtime';
import { Conditions } from './conditions.ts';
import type { Condition } from './conditions.ts';

/** Alerts of which earlier runs' conditions are taken up. */
const TAKEN_UP = 2_000;

export interface ConditionServiceOptions {
  readonly intervalMs: number;
  /** What lasts just now; undefined: not known yet. */
  readonly now: () => readonly Condition[] | undefined;
  readonly ledger: { readonly queries: Pick<Ledger['queries'], 'alerts'> } & Pick<Ledger, 'appendAlerts'>;
  readonly tell: (alert: AlertRow) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Tells people of what lasts, when it begins and when it is over: a stream that is down, a stale instrument, a full disk.
 * Stored, then told; what a ledger on a full disk does not take waits, and what happens meanwhile waits behind it.
 */
export function conditionService(options: ConditionServiceOptions): Service {
  const { intervalMs, now, ledger, tell, clock, log } = options;
  const waiting: AlertRow[] = [];
  let conditions: Conditions | undefined;
  let isFailing = false;
  const store = async (): Promise<void> => {
    try {
      await ledger.appendAlerts(waiting);
    } catch (error) {
      if (!isFailing) log.warn({ error: String(error) }, 'the ledger takes no alerts; they wait');
      isFailing = true;
      return;
    }
    isFailing = false;
    for (const alert of waiting.splice(0)) tell(alert);
  };
  return loopService({
    name: 'conditions',
    clock,
    intervalMs,
    work: async () => {
      const found = now();
      if (found === undefined) return;
      conditions ??= Conditions.of(await ledger.queries.alerts({ limit: TAKEN_UP }));
      waiting.push(...conditions.changed(found, clock.nowMicros()));
      if (waiting.length > 0) await store();
    },
  });
}
