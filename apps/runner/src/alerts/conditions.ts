import type { AlertRow, AlertSeverity, StoredAlert } from '@tickwright/ledger';

/** Something that lasts: told when it begins and when it is over. */
export interface Condition {
  /** Tells it apart from others: `stream-down binance`. */
  readonly key: string;
  readonly kind:
    'stream-down' | 'instrument-stale' | 'token-refused' | 'disk' | 'ingestor-down' | 'candles-stale';
  readonly severity: AlertSeverity;
  readonly text: string;
}

const OVER = 'over';

/** Conditions that were told and last, over restarts: one that lasts is not told again. */
export class Conditions {
  readonly #open = new Map<string, Condition>();

  /** Takes up what an earlier run has told: the newest alert of a condition says whether it lasts. Newest first. */
  static of(stored: readonly StoredAlert[]): Conditions {
    const conditions = new Conditions();
    const seen = new Set<string>();
    for (const { id, kind, severity, text } of stored) {
      const [, phase, key] = /^condition-(begun|over)-(.+)-\d+$/.exec(id) ?? [];
      if (key === undefined || seen.has(key)) continue;
      seen.add(key);
      if (phase !== OVER) conditions.#open.set(key, { key, severity, text, kind: kind as Condition['kind'] });
    }
    return conditions;
  }

  /** What has begun and what is over since the last time. */
  changed(now: readonly Condition[], timeMicros: number): AlertRow[] {
    const rows: AlertRow[] = [];
    const keys = new Set(now.map(({ key }) => key));
    for (const condition of now) {
      if (this.#open.has(condition.key)) continue;
      this.#open.set(condition.key, condition);
      const { key, kind, severity, text } = condition;
      rows.push({ id: `condition-begun-${key}-${timeMicros}`, timeMicros, kind, severity, text });
    }
    for (const { key, kind, text } of this.#open.values()) {
      if (keys.has(key)) continue;
      this.#open.delete(key);
      rows.push({
        id: `condition-over-${key}-${timeMicros}`,
        timeMicros,
        kind,
        severity: 'info',
        text: `over: ${text}`,
      });
    }
    return rows;
  }
}

/** One of the ingestor's reasons for not being ready, as a condition; its words are told, their numbers do not matter. */
export function conditionOf(reason: string): Condition {
  const kind = kindOf(reason);
  return {
    key: `${kind} ${reason.replaceAll(/[\d.]+/g, '#').slice(0, 120)}`,
    kind,
    severity: 'warning',
    text: reason,
  };
}

function kindOf(reason: string): Condition['kind'] {
  if (/not connected/.test(reason)) return 'stream-down';
  if (/^(?:stale|requested|refused):/.test(reason)) return 'instrument-stale';
  if (/token|access|401|403/i.test(reason)) return 'token-refused';
  if (/disk|reserve|free|space|write/i.test(reason)) return 'disk';
  return 'stream-down';
}
