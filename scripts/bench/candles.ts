import { CandleBuilder, InstrumentTable, TickBatch, calendars, instrumentKey } from '@tickwright/market';

const INSTRUMENTS = 200;
const ROWS = 10_000;
const BATCHES = 200;
const ROUNDS = 5;
const START_MICROS = Date.UTC(2026, 0, 5, 10) * 1000;

function instrumentTable(): InstrumentTable {
  const table = new InstrumentTable();
  for (let number = 0; number < INSTRUMENTS; number++) {
    const venueSymbol = `S${number}USDT`;
    const key = instrumentKey(`BINANCE|${venueSymbol}`);
    const decimals = { priceDecimals: 2, quantityDecimals: 8 };
    table.add({ key, segment: 'BINANCE', id: venueSymbol, venueSymbol, ...decimals, calendar: 'always' });
  }
  return table;
}

/** In-order trades, 100 µs apart, each of another instrument. */
function fill(batch: TickBatch, firstRow: number): void {
  batch.count = ROWS;
  for (let row = 0; row < ROWS; row++) {
    const tick = firstRow + row;
    batch.instrument[row] = (tick * 7919) % INSTRUMENTS;
    batch.eventTime[row] = START_MICROS + tick * 100;
    batch.price[row] = 100 + ((tick * 31) % 1000) / 100;
    batch.quantity[row] = batch.volume[row] = ((tick * 17) % 100_000) / 1e5;
    batch.tradeId[row] = tick;
    batch.offset[row] = tick;
  }
}

/** Folds 2 M trades of 200 instruments, five times; prints and returns the median of ticks a second. */
export function run(): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const builder = new CandleBuilder({
      instruments: instrumentTable(),
      calendars,
      memoryHours: 24,
    });
    const batch = new TickBatch(ROWS);
    let nanos = 0n;
    for (let number = 0; number < BATCHES; number++) {
      fill(batch, number * ROWS);
      const start = process.hrtime.bigint();
      builder.fold(batch);
      nanos += process.hrtime.bigint() - start;
      builder.takeChangedHours();
    }
    rates.push((ROWS * BATCHES) / (Number(nanos) / 1e9));
  }
  const median = rates.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
  console.log(
    `candles: ${(median / 1e6).toFixed(1)} M ticks/s (${INSTRUMENTS} instruments, median of ${ROUNDS})`,
  );
  return median;
}
