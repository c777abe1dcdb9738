import { z } from 'zod';
import { port } from './http-schema.ts';
import { instruments } from './source-schema.ts';

/** The instruments of the simulated market, and of the configuration that nobody wrote. */
export const SIMULATED_INSTRUMENTS = ['SIM|ALPHA', 'SIM|BRAVO', 'SIM|CHARLIE', 'SIM|DELTA', 'SIM|ECHO'];

/** The switches by which the simulator misbehaves. */
export const FAULTS = [
  'drop',
  'mute',
  'delay',
  'duplicate',
  'reorder',
  'skipIds',
  'rubbish',
  'close24h',
  'serverShutdown',
  'rejectConnections',
  'refuseToken',
  'http429',
] as const;

/** The venues whose protocol the simulator speaks. */
export const SIMULATED_PROTOCOLS = ['binance', 'coinbase', 'kraken', 'upstox'] as const;

/** Off or on with its usual values, its main value (a probability or milliseconds), or some values by name. */
const fault = z.union([z.boolean(), z.number().min(0), z.record(z.string(), z.number().min(0))]);

export const simulator = z.strictObject({
  /** One seed, one market: the same trades at every start. */
  seed: z.int().min(0).default(1),
  /** Their keys, or how many there are. */
  instruments: z.union([z.int().min(1).max(5_000), instruments]).default(SIMULATED_INSTRUMENTS.length),
  /** Trades a second of all instruments together. */
  ratePerSecond: z.number().min(0).max(2_000_000).default(50),
  /** Whose protocol it speaks. The venue `simulated` is the simulator with Binance's. */
  protocol: z.enum(SIMULATED_PROTOCOLS).default('binance'),
  port: port.default(5_002),
  /** upstox: when it trades; `always` goes with `calendar: always` of the source. */
  hours: z.enum(['nse', 'always']).default('nse'),
  faults: z.partialRecord(z.enum(FAULTS), fault).default({}),
});
