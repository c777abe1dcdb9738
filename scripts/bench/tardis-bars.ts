import { compute, computeTradeBars, normalizeTrades, streamNormalized } from 'tardis-dev';
import { answerSamples } from './counting-process.ts';

// A process of its own: `tardis-bars.ts SYMBOLS`, the server's address in WSS_URL_BINANCE. Counts normalized trades
// that have passed through trade bars of five intervals; it stores nothing.

const MINUTE_MS = 60_000;
const INTERVALS_MS = [1, 3, 5, 15, 60].map((minutes) => minutes * MINUTE_MS);

const symbols = process.argv[2].split(',').map((symbol) => symbol.toLowerCase());
let trades = 0;
answerSamples(() => trades);

const messages = streamNormalized(
  { exchange: 'binance', symbols, timeoutIntervalMS: MINUTE_MS },
  normalizeTrades,
);
const bars = INTERVALS_MS.map((interval) => computeTradeBars({ kind: 'time', interval }));
for await (const message of compute(messages, ...bars)) if (message.type === 'trade') trades += 1;
