import { z } from 'zod';
import { httpAddress } from './http-schema.ts';
import { instruments } from './source-schema.ts';

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;
const DECIMAL = /^\d{1,15}(\.\d{1,8})?$/;

const feedAddress = z
  .string()
  .regex(/^(tcp|ipc|inproc):\/\/.+$/, { error: 'expected an address like tcp://127.0.0.1:5556' });

/** What is sent to other processes, and where. */
export const feed = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('zeromq'),
    publish: feedAddress.default('tcp://127.0.0.1:5556'),
    snapshot: feedAddress.default('tcp://127.0.0.1:5557'),
  }),
]);

const strategy = z.strictObject({
  /** The strategy's name. */
  use: z.string().min(1),
  interval: z.enum(['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d']),
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
