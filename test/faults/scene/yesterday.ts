import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateTrades } from '@tickwright/simulator';
import type { SimulatedTrade } from '@tickwright/simulator';
import { expect } from 'vitest';
import { temporaryFolder, tickwright } from '../../system/harness.ts';
import { INSTRUMENTS, SEED } from './scene.ts';

const SECONDS = 3;

/** Puts ticks of yesterday, received yesterday, into a data directory, so that the next start has a day to seal. */
export async function takeYesterdayIn(options: { dataDir: string; rate: number }): Promise<void> {
  const fromMicros = (Math.floor(Date.now() / 86_400_000) * 86_400 - 43_200) * 1_000_000;
  const lines = INSTRUMENTS.flatMap((instrument) => {
    const symbol = instrument.slice(instrument.indexOf('|') + 1);
    const trades = generateTrades({
      seed: SEED,
      instruments: INSTRUMENTS.length,
      ratePerSecond: options.rate,
      instrument: symbol,
      fromMicros,
      toMicros: fromMicros + SECONDS * 1_000_000,
    });
    return [...trades].map((trade) => frameLine(symbol, trade));
  });
  const recording = join(temporaryFolder(), 'frames');
  writeFileSync(recording, `${lines.toSorted().join('\n')}\n`);
  const replay = ['replay', recording, '--venue', 'simulated', '--instruments', INSTRUMENTS.join(',')];
  const done = await tickwright([...replay, '--data-dir', options.dataDir]);
  expect(done.code, done.stderr).toBe(0);
}

/** A recorded line: nanoseconds of receiving, a space, the message as the venue streams it. */
function frameLine(symbol: string, trade: SimulatedTrade): string {
  const data = {
    e: 'trade',
    E: trade.timeMs + 1,
    s: symbol,
    t: trade.id,
    p: trade.price,
    q: trade.quantity,
    T: trade.timeMs,
    m: trade.isBuyerMaker,
    M: true,
  };
  const stream = `${symbol.toLowerCase()}@trade`;
  // Within a millisecond in the order of ids, as they are streamed.
  const nanos = BigInt(trade.timeMs) * 1_000_000n + BigInt(trade.id % 1_000_000);
  return `${nanos} ${JSON.stringify({ stream, data })}`;
}
