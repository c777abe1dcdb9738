import { z } from 'zod';
import { httpAddress } from './http-schema.ts';
import { instruments } from './source-schema.ts';

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;
const DECIMAL = /^\d{1,15}(\.\d{1,8})?$/;

const feedAddress = z
  .string()
  .regex(/^(tcp|ipc|inproc):\/\/.+$/, { error: 'expected an address like tcp://127.0.0.1:5556' });

const interval = z.enum(['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d']);

const feedKey = z
  .string()
  .regex(/^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/, { error: 'expected a public key of 40 characters' });

/** What is sent to other processes, and where. */
export const feed = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('zeromq'),
    publish: feedAddress.default('tcp://127.0.0.1:5556'),
    snapshot: feedAddress.default('tcp://127.0.0.1:5557'),
    /** Whose candles are sent, besides those that the configured strategies name. */
    intervals: z.array(interval).min(1).default(['1m', '5m', '15m', '1h']),
    /** Whether single ticks are sent too. */
    ticks: z.boolean().default(true),
    /** Ticks of this time go out together; the first one after a pause at once. */
    batchMs: z.int().min(0).max(1_000).default(1),
    /** A forming candle is sent this often at most; one that closes or is revised at once. */
    formingIntervalMs: z.int().min(10).max(60_000).default(250),
    /** Minutes of candles kept for snapshots and longer intervals; a whole day and an hour more by default. */
    historyMinutes: z.int().min(60).max(20_160).default(1_500),
    /** Bytes of messages kept, so that receivers can have them again. */
    replayBytes: z
      .int()
      .min(65_536)
      .default(64 * 1_048_576),
    /** Messages that wait for one slow receiver; what comes beyond it has to ask for. */
    highWaterMark: z.int().min(10).max(1_000_000).default(10_000),
    /** A pair of keys made by `tickwright feed keys`; needed for addresses beyond this machine. */
    keyFile: z.string().min(1).optional(),
    /** The sender's public key, where it is not the one in keyFile: for a receiver on another machine. */
    serverPublicKey: feedKey.optional(),
    /** Public keys of the receivers that are let in; without the list whoever knows the sender's. */
    allowedKeys: z.array(feedKey).optional(),
  }),
]);

const strategy = z.strictObject({
  /** The strategy's name. */
  use: z.string().min(1),
  interval,
  instruments: instruments.optional(),
  /** Checked by the strategy itself. */
  params: z.record(z.string(), z.unknown()).default({}),
});

const paper = z.strictObject({
  /** A decimal text, so that no digit is lost. */
  cash: z
    .string()
    .regex(DECIMAL, { error: 'expected a decimal in quotes, like "1000000"' })
    .default('1000000'),
  currency: z
    .string()
    .regex(/^[A-Z]{3,5}$/, { error: 'expected a currency like INR' })
    .default('INR'),
  fees: z.string().min(1).default('nse-intraday'),
  slippageBps: z.number().min(0).max(10_000).default(2),
  squareOff: z.string().regex(TIME_OF_DAY, { error: 'expected a time of day like "15:20"' }).optional(),
});

export const runner = z.strictObject({
  mode: z.enum(['paper']).default('paper'),
  /** Where candles come from. */
  candles: z.enum(['files', 'feed']).default('files'),
  strategies: z.array(strategy).default([]),
  paper: paper.prefault({}),
  http: httpAddress({ port: 5000 }),
});

export const alerts = z.strictObject({
  /** Empty: no alerts are sent. The address is shown as a secret, for with most services it is one. */
  webhook: z
    .union([z.literal(''), z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' })])
    .default(''),
  staleAfterMs: z.int().min(100).default(5_000),
});
