import type { AlertRow, AlertSeverity } from '@tickwright/ledger';
import type { EngineEvent, EngineOutput, Notice } from '@tickwright/trading';

const SEVERITIES: Partial<Record<Notice['code'], AlertSeverity>> = {
  'strategy-stopped': 'critical',
  'daily-loss': 'critical',
  killed: 'critical',
  'order-rejected': 'warning',
  'command-refused': 'warning',
};

/** What people are told of an event: its signals and the engine's notices. Its number makes it unmistakable. */
export function alertsOf({ output }: { event: EngineEvent; output: EngineOutput }): AlertRow[] {
  const { seq, timeMicros } = output;
  const signals = output.signals.map(
    ({ id, strategy, instrument, interval, direction, confidence, price, reason }): AlertRow => ({
      id: `signal-${id}-${timeMicros}`,
      timeMicros,
      kind: 'signal',
      severity: 'info',
      text: `${strategy}: ${direction} ${instrument} at ${price} (${interval}, confidence ${confidence.toFixed(2)}): ${reason}`,
      instrument,
      strategy,
    }),
  );
  const notices = output.notices.map(({ code, text, instrument, strategy }, at): AlertRow => ({
    id: `notice-${seq}-${at}-${timeMicros}`,
    timeMicros,
    kind: code,
    severity: SEVERITIES[code] ?? 'info',
    text,
    ...(instrument !== null && { instrument }),
    ...(strategy !== null && { strategy }),
  }));
  return [...signals, ...notices];
}
