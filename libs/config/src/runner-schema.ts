import { INTERVALS } from '@tickwright/market';
import { z } from 'zod';
import { httpAddress } from './http-schema.ts';
import { instruments } from './source-schema.ts';

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;
const DECIMAL = /^\d{1,15}(\.\d{1,8})?$/;
const MIB = 1_024 * 1_024;

/** A decimal text, so that no digit is lost. */
const decimalText = z.string().regex(DECIMAL, { error: 'expected a decimal in quotes, like "1000000"' });
const currency = z.string().regex(/^[A-Z]{3,5}$/, { error: 'expected a currency like INR' });
const interval = z.enum(INTERVALS);

const feedAddress = z
  .string()
  .regex(/^(tcp|ipc|inproc):\/\/.+$/, { error: 'expected an address like tcp://127.0.0.1:5556' });

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

/** How much a signal orders; one of them. */
const sizing = z.union([
  z.strictObject({ quantity: decimalText }),
  z.strictObject({ value: decimalText }),
  /** Of the account's equity: "0.1" is 10 %. */
  z.strictObject({ equity: decimalText }),
]);

const orders = z.strictObject({
  sizing: sizing.optional(),
  /** Otherwise a short signal only closes what is long. */
  allowShort: z.boolean().optional(),
  /** Signals below it are stored and order nothing. */
  minConfidence: z.number().min(0).max(1).optional(),
});

const strategy = z.strictObject({
  /** The strategy's name, or the path of a file of the user's: `./strategies/mine.ts`. */
  use: z.string().min(1),
  /** Owner of its positions: keep it over restarts. Default `<name>@<interval>`. */
  id: z
    .string()
    .regex(/^[\w.@-]{1,64}$/, { error: 'expected up to 64 letters, digits, . _ - @' })
    .optional(),
  /** The strategy's own unless given. */
  interval: interval.optional(),
  /** All of the runner unless given. */
  instruments: instruments.optional(),
  /** Checked by the strategy itself. */
  params: z.record(z.string(), z.unknown()).default({}),
  enabled: z.boolean().default(true),
  /** Whether it is shown candles that still form; they never make a signal. */
  forming: z.boolean().default(false),
  signalOnIncomplete: z.boolean().default(false),
  signalOnStale: z.boolean().default(false),
  /** What it says here goes over `paper.orders`. */
  orders: orders.prefault({}),
});

/** Limits in the account's currency; absent: none. What makes a position smaller is always allowed. */
const risk = z.strictObject({
  maxOrderValue: decimalText.optional(),
  maxOrderQuantity: decimalText.optional(),
  maxPositionValue: decimalText.optional(),
  maxExposure: decimalText.optional(),
  maxWorkingOrders: z.int().min(1).max(10_000).default(100),
  maxOrdersPerDay: z.int().min(1).max(1_000_000).optional(),
  /** A day's loss that cancels, flattens and refuses until the next day. */
  maxDailyLoss: decimalText.optional(),
});

const paper = z.strictObject({
  cash: decimalText.default('1000000'),
  currency: currency.default('INR'),
  /** The calendar whose dates are the account's days. That of the first instrument unless given. */
  calendar: z.enum(['nse', 'always']).optional(),
  /** Equity needed for an exposure of 1: "1" is a cash account, "0.2" is five times leverage. */
  marginRate: decimalText.default('1'),
  /** A schedule by its name. Each segment's usual one unless given. */
  fees: z.string().min(1).optional(),
  slippageBps: z.number().min(0).max(10_000).default(2),
  /** The share of the traded volume that our orders can have; absent: as much as they want. */
  participation: z.number().gt(0).max(1).optional(),
  /** From the decision to the venue. */
  latencyMs: z.int().min(0).max(60_000).default(0),
  /** Time of day in the venue's zone at which positions are closed and none is opened until the session ends. */
  squareOff: z.string().regex(TIME_OF_DAY, { error: 'expected a time of day like "15:20"' }).optional(),
  orders: orders.prefault({}),
  risk: risk.prefault({}),
});

/** What is known of an instrument beyond its decimals. */
const instrumentRules = z.strictObject({
  tickSize: decimalText.optional(),
  lotSize: decimalText.optional(),
  minQuantity: decimalText.optional(),
  minValue: decimalText.optional(),
  lowerBand: decimalText.optional(),
  upperBand: decimalText.optional(),
  currency: currency.optional(),
  fees: z.string().min(1).optional(),
  /** Whether a position may be negative; not on a spot market or for delivery unless told. */
  canShort: z.boolean().optional(),
  /** Why it is halted; absent: it is not. */
  halted: z.string().min(1).optional(),
});

/** What the ledger keeps. */
const ledger = z.strictObject({
  /** Consumed events of runs that ended longer ago: those runs can no longer be replayed. */
  eventDays: z.int().min(1).max(3_660).default(30),
  /** Signals, orders, fills, trades and the equity curve. */
  bookDays: z.int().min(1).max(36_600).default(3_660),
  /** Of the file; past it the older half of the events goes. */
  maxBytes: z
    .int()
    .min(MIB)
    .default(4 * 1_024 * MIB),
});

export const runner = z.strictObject({
  mode: z.enum(['paper']).default('paper'),
  /** Where candles come from. */
  candles: z.enum(['files', 'feed']).default('files'),
  /** All that are taken in, unless given. */
  instruments: instruments.optional(),
  /** Without any: a moving-average cross and pixityAI_meta on minutes, so that there is something to see. */
  strategies: z.array(strategy).default([]),
  /** Files here are strategies by the names that they export. */
  strategyFolder: z.string().min(1).optional(),
  paper: paper.prefault({}),
  /** By key. */
  rules: z.record(z.string(), instrumentRules).default({}),
  /** A candle that is known longer than this after its closing makes no signal. */
  maxSignalAgeMs: z.int().min(100).max(3_600_000).default(30_000),
  ledger: ledger.prefault({}),
  /** Ports of the runner's own feed of signals; nothing is sent unless given. */
  signals: z
    .strictObject({
      publish: feedAddress,
      snapshot: feedAddress,
      /** As of `feed`: a pair of keys, and whom it lets in. */
      keyFile: z.string().min(1).optional(),
      allowedKeys: z.array(feedKey).optional(),
    })
    .optional(),
  http: httpAddress({ port: 5000 }),
});

export const alerts = z.strictObject({
  /** Empty: no alerts are sent. The address is shown as a secret, for with most services it is one. */
  webhook: z
    .union([z.literal(''), z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' })])
    .default(''),
  staleAfterMs: z.int().min(100).default(5_000),
});
