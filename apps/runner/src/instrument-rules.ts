import { splitKey } from '@tickwright/market';
import type { InstrumentKey, InstrumentRow } from '@tickwright/market';
import { decimal } from '@tickwright/trading';
import type { Decimal, InstrumentRules } from '@tickwright/trading';
import type { Config } from '@tickwright/config';

/** Of an instrument that the ingestor has not described yet. */
const DECIMALS_UNKNOWN = 8;

/** Quote currencies of pairs that are written without a separator, the longer first. */
const QUOTES = [
  'FDUSD',
  'USDT',
  'USDC',
  'TUSD',
  'BUSD',
  'BTC',
  'ETH',
  'BNB',
  'EUR',
  'TRY',
  'USD',
  'GBP',
  'INR',
];

const FEES: Readonly<Record<string, string>> = {
  BINANCE: 'binance-spot',
  COINBASE: 'coinbase-spot',
  KRAKEN: 'kraken-spot',
  // The simulated venue is one of Binance's kind.
  SIM: 'binance-spot',
};

export interface RulesInput {
  readonly key: InstrumentKey;
  readonly row: InstrumentRow | undefined;
  /** That of its source, over the instrument's own. */
  readonly calendar: string | undefined;
  readonly settings: Config['runner']['rules'][string];
  readonly account: { readonly currency: string; readonly fees: string | undefined };
}

/** What the paper venue demands for an instrument: what is configured, or else what its key and decimals tell. */
export function instrumentRules({ key, row, calendar, settings, account }: RulesInput): InstrumentRules {
  const { segment } = splitKey(key);
  const optional = (value: string | undefined): Decimal | null =>
    value === undefined ? null : decimal(value);
  const usualFees = isNse(segment) ? 'nse-intraday' : (FEES[segment] ?? 'none');
  const fees = settings.fees ?? account.fees ?? usualFees;
  return {
    instrument: key,
    calendar: calendar ?? row?.calendar ?? (isNse(segment) ? 'nse' : 'always'),
    currency: settings.currency ?? currencyOf(key, account.currency),
    fees,
    tickSize: decimal(settings.tickSize ?? unit(row?.priceDecimals)),
    lotSize: decimal(settings.lotSize ?? unit(row?.quantityDecimals)),
    minQuantity: optional(settings.minQuantity),
    minValue: optional(settings.minValue),
    lowerBand: optional(settings.lowerBand),
    upperBand: optional(settings.upperBand),
    canShort: settings.canShort ?? (segment === 'SIM' || (isNse(segment) && fees !== 'nse-delivery')),
    isHalted: settings.halted !== undefined,
    haltReason: settings.halted ?? '',
  };
}

/** The smallest step of so many decimals: `0.01` for 2. */
function unit(decimals = DECIMALS_UNKNOWN): string {
  return decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`;
}

/** Of a pair what comes last; a simulated instrument trades in whatever the account has. */
function currencyOf(key: InstrumentKey, account: string): string {
  const { segment, id } = splitKey(key);
  if (isNse(segment)) return 'INR';
  if (segment === 'SIM') return account;
  const parts = id.split(/[/-]/);
  if (parts.length === 2) return parts[1] ?? account;
  return QUOTES.find((quote) => id.endsWith(quote) && id !== quote) ?? account;
}

function isNse(segment: string): boolean {
  return segment.startsWith('NSE_');
}
