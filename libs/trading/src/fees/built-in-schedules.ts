import { decimal } from '../decimal.ts';
import type { FeeCharge, FeeSchedule } from './fee-schedule.ts';

/** Charges of the exchange and the state that intraday and delivery share, NSE cash equity from 2024-10-01. */
const NSE_SHARED: readonly FeeCharge[] = [
  {
    name: 'exchange',
    on: 'both',
    decimals: 2,
    kind: 'rate',
    rate: decimal('0.0000297'),
    cap: null,
  },
  { name: 'ipft', on: 'both', decimals: 2, kind: 'rate', rate: decimal('0.000001'), cap: null },
  { name: 'sebi', on: 'both', decimals: 2, kind: 'rate', rate: decimal('0.000001'), cap: null },
];
const GST: FeeCharge = {
  name: 'gst',
  on: 'both',
  decimals: 2,
  kind: 'tax',
  rate: decimal('0.18'),
  of: ['brokerage', 'exchange', 'ipft', 'sebi'],
};
const NSE_SOURCE =
  'charge lists of several brokers (basantsecurities.com 2024-10-01, tradejini.com, shareindia.com, northeastltd.com, ' +
  'proficientequities.com), agreeing; no exchange circular was read';

const nseIntraday: FeeSchedule = {
  name: 'nse-intraday',
  source: NSE_SOURCE,
  versions: [
    {
      from: '2024-10-01',
      charges: [
        {
          name: 'brokerage',
          on: 'both',
          decimals: 2,
          kind: 'rate',
          rate: decimal('0.0005'),
          cap: decimal('20'),
        },
        { name: 'stt', on: 'sell', decimals: 0, kind: 'rate', rate: decimal('0.00025'), cap: null },
        ...NSE_SHARED,
        { name: 'stamp', on: 'buy', decimals: 0, kind: 'rate', rate: decimal('0.00003'), cap: null },
        GST,
      ],
    },
  ],
};

/** Brokers differ in brokerage (0 to the lower of 20 and 0.1 %) and in the depository charge (12 to 20 a scrip and day). */
const nseDelivery: FeeSchedule = {
  name: 'nse-delivery',
  source: NSE_SOURCE,
  versions: [
    {
      from: '2024-10-01',
      charges: [
        { name: 'brokerage', on: 'both', decimals: 2, kind: 'rate', rate: decimal('0'), cap: null },
        { name: 'stt', on: 'both', decimals: 0, kind: 'rate', rate: decimal('0.001'), cap: null },
        ...NSE_SHARED,
        { name: 'stamp', on: 'buy', decimals: 0, kind: 'rate', rate: decimal('0.00015'), cap: null },
        GST,
        { name: 'depository', on: 'sell', decimals: 2, kind: 'daily', amount: decimal('15') },
      ],
    },
  ],
};

/** Maker and taker rates in basis points of the quote value. */
export function cryptoSchedule(options: {
  readonly name: string;
  readonly makerBps: number;
  readonly takerBps: number;
  readonly source: string;
}): FeeSchedule {
  const bps = (value: number) => decimal(`${value}e-4`);
  return {
    name: options.name,
    source: options.source,
    versions: [
      {
        from: '0001-01-01',
        charges: [
          {
            name: 'trading',
            on: 'both',
            decimals: 8,
            kind: 'maker-taker',
            maker: bps(options.makerBps),
            taker: bps(options.takerBps),
          },
        ],
      },
    ],
  };
}

const BASE_TIER = 'base tier, from memory, undated: check against your account';

/** A schedule without charges, for simulated instruments and for comparing. */
const noFees: FeeSchedule = {
  name: 'none',
  source: 'no charges',
  versions: [{ from: '0001-01-01', charges: [] }],
};

/** The schedules that come with tickwright. Data: copy one, change a rate, give it another name. */
export const feeSchedules: readonly FeeSchedule[] = [
  nseIntraday,
  nseDelivery,
  cryptoSchedule({ name: 'binance-spot', makerBps: 10, takerBps: 10, source: `Binance ${BASE_TIER}` }),
  cryptoSchedule({
    name: 'coinbase-spot',
    makerBps: 40,
    takerBps: 60,
    source: `Coinbase Exchange ${BASE_TIER}`,
  }),
  cryptoSchedule({ name: 'kraken-spot', makerBps: 25, takerBps: 40, source: `Kraken ${BASE_TIER}` }),
  noFees,
];

/** A schedule asked for by a name that does not exist: a configuration error. */
export class UnknownFeeScheduleError extends RangeError {
  override readonly name = 'UnknownFeeScheduleError';
  readonly code = 'fees-unknown';
}

/** A built-in schedule. Throws an UnknownFeeScheduleError that names the known ones. */
export function feeSchedule(name: string): FeeSchedule {
  const found = feeSchedules.find((schedule) => schedule.name === name);
  if (found !== undefined) return found;
  const known = feeSchedules.map((schedule) => schedule.name).join(', ');
  throw new UnknownFeeScheduleError(`there is no fee schedule "${name}"; known are: ${known}`);
}
