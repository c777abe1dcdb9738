import type { ScannerRow } from '../api/answers.ts';
import { byId, element, fill } from '../dom/element.ts';
import { compact, decimalsOf, directionOf, price, signed, signedPercent } from '../format/numbers.ts';

const ARROWS = { up: '▲ ', down: '▼ ', flat: '' } as const;

/** The last price and the day, beside the name. */
export function showQuote(row: ScannerRow): void {
  const { last_price: last, change, change_percent: percent } = row;
  const decimals = last === null ? 2 : Math.max(2, decimalsOf(last));
  const tone = directionOf(percent);
  fill(
    byId('quote'),
    element('b', { class: 'last' }, price(last, decimals)),
    element(
      'span',
      { 'data-tone': tone },
      `${ARROWS[tone]}${signed(change, decimals)} (${signedPercent(percent)})`,
    ),
    element(
      'span',
      { class: 'muted' },
      `day ${price(row.day_low, decimals)} – ${price(row.day_high, decimals)}`,
    ),
    element('span', { class: 'muted' }, `volume ${compact(row.volume)}`),
  );
  fill(
    byId('head-status'),
    element('span', { class: 'status', 'data-status': row.status }, row.status),
    row.reason === '' ? null : element('span', { class: 'muted' }, row.reason),
  );
  byId('chart').setAttribute(
    'aria-label',
    `Candles of ${row.symbol}; last price ${price(last, decimals)}, change ${signedPercent(percent)}`,
  );
}
