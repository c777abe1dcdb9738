import type { ScannerRow } from '../api/answers.ts';
import { byId, element, fill } from '../dom/element.ts';
import { compact, decimalsOf, directionOf, price, signed, signedPercent } from '../format/numbers.ts';

const ARROWS = { up: '▲ ', down: '▼ ', flat: '' } as const;

/** The last price and the day, beside the name. */
export function showQuote(row: ScannerRow): void {
  const { last_price: last, change, change_percent: percent } = row;
  // A last price that happens to end in zero must not round the others.
  const known = [last, row.day_open, row.day_low, row.day_high].filter((each) => each !== null);
  const decimals = Math.max(2, ...known.map(decimalsOf));
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
