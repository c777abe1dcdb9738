import { Deduplicator, InstrumentTable, TickBatch, calendars, instrumentKey } from '@tickwright/market';
import type { HoleListener } from '@tickwright/market';

const INSTRUMENTS = 200;
const ROWS = 8192;
const ROUNDS = 4000;

const deaf: HoleListener = { first() {}, hole() {}, ahead() {}, covered() {}, givenUp() {}, ticked() {} };

function table(): InstrumentTable {
  const instruments = new InstrumentTable();
  for (let at = 0; at < INSTRUMENTS; at++) {
    const key = instrumentKey(`SIM|S${at}`);
    const decimals = { priceDecimals: 2, quantityDecimals: 3 };
    instruments.add({
      key,
      segment: 'SIM',
      id: `S${at}`,
      venueSymbol: `S${at}`,
      ...decimals,
      calendar: 'always',
    });
  }
  return instruments;
}

function trades(): TickBatch {
  const batch = new TickBatch(ROWS);
  batch.instrument.forEach((_, row) => (batch.instrument[row] = (row * 7919) % INSTRUMENTS));
  batch.eventTime.fill(1_700_000_000_000_000);
  batch.receiveTime.fill(1_700_000_000_001_000);
  batch.price.fill(100.25);
  batch.quantity.fill(1.5);
  batch.volume.fill(1.5);
  batch.idSpace.fill(1);
  return batch;
}

/** Folds 33 M contiguous trades of 200 instruments, batch by batch; prints and returns ticks a second. */
export function run(): number {
  const deduplicator = new Deduplicator({ instruments: table(), gaps: deaf, calendars });
  const batch = trades();
  const ids = new Float64Array(INSTRUMENTS).fill(1);
  let elapsed = 0n;
  for (let round = 0; round < ROUNDS; round++) {
    for (let row = 0; row < ROWS; row++) batch.tradeId[row] = ids[batch.instrument[row]]++;
    batch.count = ROWS;
    const start = process.hrtime.bigint();
    deduplicator.accept(batch);
    elapsed += process.hrtime.bigint() - start;
  }
  const ticks = ROWS * ROUNDS;
  if (deduplicator.counts.accepted !== ticks) throw new Error('the benchmark lost ticks');
  const rate = Math.round((ticks / Number(elapsed)) * 1e9);
  console.log(`deduplicate: ${(rate / 1e6).toFixed(1)} M contiguous ticks/s`);
  return rate;
}
