import { element, fill } from '../dom/element.ts';
import {
  UNKNOWN,
  compact,
  decimalText,
  directionOf,
  price,
  signed,
  signedPercent,
} from '../format/numbers.ts';
import { age, dateAndTime, dayAndMonth, hourAndMinute, parseTime, shortAge } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { instrumentAddress } from '../shell/search.ts';
import { serverNow } from '../shell/server-time.ts';
import type { Column, Tone } from '../table/column.ts';
import type { ScannerView } from './row-store.ts';
import { paintSpark } from './sparkline.ts';
import { isWatched } from './watchlists.ts';

const STATUS_ORDER = ['STOPPED', 'STALE', 'WARMING', 'RUNNING'];
const STATUS_TONE: Readonly<Record<string, Tone>> = {
  RUNNING: '',
  WARMING: 'muted',
  STALE: 'warn',
  STOPPED: 'bad',
};
const DAY_MS = 86_400_000;

const ARROWS = { up: '▲', down: '▼', flat: '' } as const;
const SIGNAL_SIGNS = { long: '▲', short: '▼', flat: '■' } as const;

/** Milliseconds since the last price; null when there is none. */
export function tickAge(view: ScannerView): number | null {
  const ms = parseTime(view.row.last_price_ts);
  return ms === undefined ? null : Math.max(0, serverNow() - ms);
}

function signalAge(view: ScannerView): number | null {
  const ms = parseTime(view.row.last_signal?.ts);
  return ms === undefined ? null : Math.max(0, serverNow() - ms);
}

function barTime(iso: string | null): string {
  const ms = parseTime(iso);
  if (ms === undefined) return UNKNOWN;
  const isToday = Math.abs(serverNow() - ms) < DAY_MS;
  return isToday ? hourAndMinute(ms, zone()) : dayAndMonth(ms, zone());
}

function paintSymbol(cell: HTMLElement, { row, key }: ScannerView): void {
  const bar = row.symbol.indexOf('|');
  fill(
    cell,
    element('span', { class: 'star', 'aria-hidden': 'true' }, isWatched(row.symbol) ? '★' : ''),
    element(
      'a',
      { href: `${instrumentAddress(row.symbol)}?interval=${row.interval}`, 'data-row': key, tabindex: -1 },
      row.symbol.slice(bar + 1),
    ),
    element(
      'span',
      { class: 'segment' },
      row.symbol.slice(0, bar),
      element('span', { class: 'narrow-only' }, ` ${row.interval}`),
    ),
  );
}

function paintStatus(cell: HTMLElement, { row }: ScannerView): void {
  const gaps =
    row.open_gaps > 0
      ? element('span', { class: 'gaps' }, `${row.open_gaps} gap${row.open_gaps > 1 ? 's' : ''}`)
      : null;
  fill(cell, element('span', { class: 'status', 'data-status': row.status }, row.status), gaps);
}

/** The whole of what the status column has no room for, in sentences of their own. */
export function statusNotes({ row }: ScannerView): string[] {
  const own = row.strategies.map(({ id, status, reason }) => ({
    text: `${id}: ${status}${reason === '' ? '' : `, ${reason}`}`,
    isTold: reason !== '' && row.reason.endsWith(reason),
  }));
  const isTold = row.reason === '' || own.some((each) => each.isTold);
  const gaps = row.open_gaps === 0 ? [] : [`${row.open_gaps} gap(s) not filled yet: candles may miss ticks`];
  return [`${row.status}${isTold ? '' : `: ${row.reason}`}`, ...gaps, ...own.map(({ text }) => text)];
}

function statusHover(view: ScannerView): string {
  return statusNotes(view).join('\n');
}

/** Confidence is no part of the chip's look when there is none to speak of. */
function paintSignal(cell: HTMLElement, view: ScannerView): void {
  const signal = view.row.last_signal;
  if (signal === null) {
    cell.textContent = '';
    return;
  }
  const { direction, strategy } = signal;
  fill(
    cell,
    element(
      'span',
      { class: 'chip', 'data-direction': direction },
      element('span', {}, `${SIGNAL_SIGNS[direction]} ${direction}`),
      element('b', {}, ` ${strategy}`),
      element('i', {}, ` ${shortAge(signalAge(view))}`),
    ),
  );
}

function rangePosition({ row }: ScannerView): number | null {
  const { day_low: low, day_high: high, last_price: last } = row;
  if (low === null || high === null || last === null || high <= low) return null;
  return Math.max(0, Math.min(1, (last - low) / (high - low)));
}

function paintRange(cell: HTMLElement, view: ScannerView): void {
  const at = rangePosition(view);
  if (at === null) {
    cell.textContent = UNKNOWN;
    return;
  }
  let mark = cell.querySelector<HTMLElement>('.range i');
  if (mark === null) {
    mark = element('i');
    fill(cell, element('span', { class: 'range', 'aria-hidden': 'true' }, mark));
  }
  mark.style.left = `${(at * 100).toFixed(0)}%`;
}

/** The scanner's columns, in order. */
export const COLUMNS: readonly Column<ScannerView>[] = [
  {
    id: 'symbol',
    title: 'Symbol',
    width: '14.5rem',
    text: ({ row }) => `${row.symbol}${isWatched(row.symbol) ? '★' : ''}`,
    paint: paintSymbol,
    hover: ({ row }) => row.symbol,
    value: ({ row }) => row.symbol,
  },
  {
    id: 'status',
    title: 'Status',
    // Its longest word beside a gap count of three digits.
    width: '12rem',
    text: (view) => statusHover(view),
    paint: paintStatus,
    hover: statusHover,
    tone: ({ row }) => STATUS_TONE[row.status] ?? '',
    value: ({ row }) => STATUS_ORDER.indexOf(row.status),
    csv: ({ row }) => row.status,
  },
  {
    id: 'interval',
    title: 'Int',
    hint: 'Interval of its candles',
    width: '3.75rem',
    hides: 3,
    text: ({ row }) => row.interval,
    value: ({ row }) => row.interval,
  },
  {
    id: 'bar',
    title: 'Last bar',
    hint: 'Opening time of the last closed candle',
    align: 'right',
    width: '5rem',
    hides: 2,
    text: ({ row }) => barTime(row.last_bar_ts),
    hover: ({ row }) => {
      const ms = parseTime(row.last_bar_ts);
      return ms === undefined ? 'No candle has closed yet' : dateAndTime(ms, zone());
    },
    value: ({ row }) => parseTime(row.last_bar_ts) ?? null,
    csv: ({ row }) => row.last_bar_ts,
  },
  {
    id: 'last',
    title: 'Last',
    align: 'right',
    width: '7.5rem',
    text: ({ row, decimals }) => price(row.last_price, decimals),
    value: ({ row }) => row.last_price,
    tone: ({ lastMove }) => (lastMove === 'flat' ? '' : lastMove),
    flashes: true,
  },
  {
    id: 'change',
    title: 'Chg',
    hint: 'Against the close of the session before',
    align: 'right',
    width: '6.5rem',
    hides: 2,
    text: ({ row, decimals }) => signed(row.change, Math.max(2, decimals)),
    tone: ({ row, decimals }) => directionOf(row.change, Math.max(2, decimals)),
    value: ({ row }) => row.change,
  },
  {
    id: 'percent',
    title: 'Chg %',
    align: 'right',
    width: '6.75rem',
    text: ({ row }) => {
      const arrow = ARROWS[directionOf(row.change_percent)];
      return `${arrow === '' ? '' : `${arrow} `}${signedPercent(row.change_percent)}`;
    },
    tone: ({ row }) => directionOf(row.change_percent),
    value: ({ row }) => row.change_percent,
  },
  {
    id: 'volume',
    title: 'Volume',
    hint: 'Of the session',
    align: 'right',
    width: '5rem',
    hides: 2,
    text: ({ row }) => compact(row.volume),
    hover: ({ row }) => String(row.volume),
    value: ({ row }) => row.volume,
  },
  {
    id: 'relative',
    title: 'Rel vol',
    hint: 'The last candle’s volume over the mean of the 20 before it',
    align: 'right',
    width: '5rem',
    hides: 1,
    text: ({ row }) => (row.relative_volume === null ? UNKNOWN : `${decimalText(row.relative_volume, 1)}×`),
    tone: ({ row }) => (row.relative_volume !== null && row.relative_volume >= 2 ? 'warn' : ''),
    value: ({ row }) => row.relative_volume,
  },
  {
    id: 'range',
    title: 'Day range',
    hint: 'Where the last price lies between the day’s low and high',
    width: '6.5rem',
    hides: 1,
    text: (view) => String(rangePosition(view)?.toFixed(2)),
    paint: paintRange,
    hover: ({ row, decimals }) =>
      `low ${price(row.day_low, decimals)}, high ${price(row.day_high, decimals)}, open ${price(row.day_open, decimals)}`,
    value: rangePosition,
    csv: ({ row }) => (row.day_low === null ? null : `${row.day_low} - ${row.day_high ?? ''}`),
  },
  {
    id: 'signal',
    title: 'Signal',
    hint: 'The last signal, its strategy and its age',
    hides: 3,
    text: (view) => {
      const { last_signal: signal } = view.row;
      return signal === null ? '' : `${signal.id} ${shortAge(signalAge(view))}`;
    },
    paint: paintSignal,
    hover: (view) => {
      const { last_signal: signal } = view.row;
      return signal === null
        ? 'No signal yet'
        : `${signal.direction} by ${signal.strategy}, ${age(signalAge(view))} ago, confidence ${Math.round(signal.confidence * 100)}%: ${signal.reason}`;
    },
    value: (view) => {
      const found = signalAge(view);
      return found === null ? null : -found;
    },
    csv: ({ row }) =>
      row.last_signal === null
        ? null
        : `${row.last_signal.direction} ${row.last_signal.strategy} ${row.last_signal.ts}`,
    ages: true,
  },
  {
    id: 'position',
    title: 'Pos',
    hint: 'Net holding of all strategies',
    align: 'right',
    width: '5rem',
    hides: 2,
    text: ({ row }) => {
      const held = Number(row.position);
      return held === 0 ? '' : `${held > 0 ? '+' : ''}${compact(held)}`;
    },
    hover: ({ row }) => row.position,
    tone: ({ row }) => directionOf(Number(row.position), 8),
    value: ({ row }) => Number(row.position),
    csv: ({ row }) => row.position,
  },
  {
    id: 'spark',
    title: 'Trend',
    hint: 'Its last closes',
    width: '6.5rem',
    hides: 1,
    text: ({ spark }) => `${spark.length} ${spark[0] ?? ''} ${spark[spark.length - 1] ?? ''}`,
    paint: (cell, { spark }) => paintSpark(cell, spark),
    csv: () => null,
  },
  {
    id: 'age',
    title: 'Tick age',
    hint: 'Since the last price',
    align: 'right',
    width: '5rem',
    hides: 3,
    text: (view) => shortAge(tickAge(view)),
    tone: (view) => ((tickAge(view) ?? 0) > 60_000 ? 'muted' : ''),
    value: tickAge,
    ages: true,
  },
];
