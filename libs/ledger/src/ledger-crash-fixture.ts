// A writer of ledger.test.ts: appends entries and says how far it is, until it is killed. Not part of the build.
import { systemClock } from '@tickwright/runtime';
import { LIMITS, entry, quietLog } from './ledger-fixture.ts';
import { Ledger } from './ledger.ts';

const [, , path = ''] = process.argv;
const ledger = await Ledger.open({ path, limits: LIMITS, log: quietLog, clock: systemClock });
for (;;) {
  const next = ledger.lastSeq + 1;
  const entries = [next, next + 1, next + 2].map((seq) =>
    entry(seq, { fill: true, state: [{ key: 'last', value: seq }] }),
  );
  await ledger.append(entries);
  process.send?.(ledger.lastSeq);
}
