import type { GapRow } from '../api/answers.ts';
import type { BackupRow, VerifyAnswer } from '../api/coverage.ts';
import { storeName } from '../api/ingestor-status.ts';
import type { StoreUse } from '../api/ingestor-status.ts';
import { element, fill } from '../dom/element.ts';
import type { Child } from '../dom/element.ts';
import { UNKNOWN, bytes, whole } from '../format/numbers.ts';
import { age, dateAndTime } from '../format/times.ts';
import { instrumentColumn, timeColumn } from '../paper/columns.ts';
import { zone } from '../shell/clock.ts';
import { factList } from '../shell/panel.ts';
import { serverNow } from '../shell/server-time.ts';
import type { Column } from '../table/column.ts';
import type { BackfillSpan } from '../api/backfills.ts';
import { dayText } from './heat-map.ts';
import type { InstrumentDays } from './heat-map.ts';

const HOUR_MS = 3_600_000;
const SHOWN_PROBLEMS = 50;

/** Asks for what is missing of a span. */
export type AskBackfill = (span: BackfillSpan) => void;

export const GAP_COLUMNS: readonly Column<GapRow>[] = [
  { ...timeColumn<GapRow>(({ fromMicros }) => fromMicros), title: 'From' },
  instrumentColumn(),
  {
    id: 'length',
    title: 'Length',
    align: 'right',
    text: ({ fromMicros, toMicros }) =>
      toMicros < 0 ? `${age(serverNow() - fromMicros / 1_000)}, lasts` : age((toMicros - fromMicros) / 1_000),
    ages: true,
  },
  { id: 'cause', title: 'Cause', hides: 3, text: ({ cause }) => cause },
  {
    id: 'state',
    title: 'State',
    text: ({ state }) => state,
    tone: ({ state }) => (state === 'filled' ? 'muted' : state === 'unfillable' ? 'bad' : 'warn'),
    hover: ({ reason }) => reason ?? '',
  },
  {
    id: 'reason',
    title: 'Why',
    wraps: true,
    hides: 2,
    text: ({ reason }) => reason ?? '',
    hover: ({ reason }) => reason ?? '',
    tone: () => 'muted',
  },
];

/** The gaps' columns with a button for each that is not filled. */
export function gapColumns(ask: AskBackfill): readonly Column<GapRow>[] {
  return [
    ...GAP_COLUMNS,
    {
      id: 'backfill',
      title: '',
      align: 'right',
      text: ({ state }) => (state === 'filled' ? '' : 'Backfill'),
      paint: (cell, { instrument, state, fromMicros, toMicros }) => {
        const click = (): void =>
          ask({ instrument, fromMicros, ...(toMicros < 0 ? {} : { toMicros: toMicros + 1 }) });
        fill(
          cell,
          state === 'filled' || state === 'filling'
            ? null
            : element(
                'button',
                {
                  type: 'button',
                  class: 'button small',
                  'aria-label': `Backfill ${instrument}`,
                  on: { click },
                },
                'Backfill',
              ),
        );
      },
      csv: () => null,
    },
  ];
}

export const STORE_COLUMNS: readonly Column<StoreUse>[] = [
  { id: 'store', title: 'Store', text: storeName },
  { id: 'bytes', title: 'Size', align: 'right', text: (use) => bytes(use.bytes) },
  { id: 'count', title: 'Files', align: 'right', text: ({ count }) => whole(count) },
  {
    id: 'hours',
    title: 'Oldest',
    hides: 3,
    align: 'right',
    text: ({ hours }) => (hours === 0 ? UNKNOWN : age(hours * HOUR_MS)),
  },
  {
    id: 'limit',
    title: 'Kept at most',
    wraps: true,
    align: 'right',
    text: ({ limit }) =>
      [
        limit.bytes === undefined ? '' : bytes(limit.bytes),
        limit.hours === undefined ? '' : age(limit.hours * HOUR_MS),
        limit.count === undefined ? '' : `${whole(limit.count)} of them`,
      ]
        .filter((text) => text !== '')
        .join(', '),
    tone: () => 'muted',
  },
];

export const BACKUP_COLUMNS: readonly Column<BackupRow>[] = [
  { id: 'name', title: 'Backup', text: (backup) => String(backup.name ?? backup['folder'] ?? '') },
  {
    id: 'size',
    title: 'Size',
    align: 'right',
    text: (backup) => (typeof backup['bytes'] === 'number' ? bytes(backup['bytes']) : UNKNOWN),
  },
];

/** The chosen instrument's days with what is missing of each. */
export function showDays(target: HTMLElement, row: InstrumentDays | undefined, ask: AskBackfill): void {
  if (row === undefined) {
    fill(
      target,
      element('p', { class: 'empty' }, 'Choose a row of the map to see what is missing of its days.'),
    );
    return;
  }
  const days = [...row.days].sort(([left], [right]) => (left < right ? 1 : -1));
  const firstMicros = Date.parse(days.at(-1)?.[0] ?? '') * 1_000;
  const items = days.map(([date, day]) => {
    const spans = day.missingSpans.map((span) =>
      element(
        'li',
        {},
        `${dateAndTime(Date.parse(span.from), zone())} to ${dateAndTime(Date.parse(span.to), zone()).slice(11)}: ${span.cause}, ${span.state}${span.reason === undefined ? '' : ` (${span.reason})`} `,
        element(
          'button',
          {
            type: 'button',
            class: 'button small',
            'aria-label': `Backfill ${row.instrument} ${date}`,
            on: {
              click: () =>
                ask({
                  instrument: row.instrument,
                  fromMicros: Date.parse(span.from) * 1_000,
                  toMicros: Date.parse(span.to) * 1_000,
                }),
            },
          },
          'Backfill',
        ),
      ),
    );
    const text =
      dayText(row.instrument, date, day)
        .split('\n')[0]
        ?.slice(row.instrument.length + 2) ?? '';
    return element('li', {}, text, spans.length === 0 ? null : element('ul', {}, ...spans));
  });
  fill(
    target,
    element(
      'p',
      { class: 'row-of' },
      element('b', {}, row.instrument),
      element(
        'button',
        {
          type: 'button',
          class: 'button small',
          on: { click: () => ask({ instrument: row.instrument, fromMicros: firstMicros }) },
        },
        'Backfill all of these days',
      ),
    ),
    element('ul', { class: 'tree' }, ...items),
  );
}

/** What a verification found: the verdict first. */
export function showVerified(target: HTMLElement, answer: VerifyAnswer): void {
  const { problems, checked, openGaps, counts } = answer;
  const checkedText = Object.entries(checked)
    .map(([name, count]) => `${whole(count)} ${name}`)
    .join(', ');
  const list: Child[] = problems
    .slice(0, SHOWN_PROBLEMS)
    .map((problem) => element('li', {}, typeof problem === 'string' ? problem : JSON.stringify(problem)));
  fill(
    target,
    element(
      'p',
      {},
      element(
        'b',
        { 'data-tone': problems.length === 0 ? 'up' : 'bad' },
        problems.length === 0 ? 'No difference.' : `${problems.length} differences.`,
      ),
      ` Checked: ${checkedText}.`,
    ),
    factList([
      ['Ticks proved by their ids', whole(answer.provedTicks)],
      ['Open gaps', whole(openGaps.length), openGaps.length > 0 ? 'warn' : undefined],
      ...Object.entries(counts).map(([name, count]) => [name, whole(count), 'warn'] as const),
    ]),
    problems.length === 0 ? null : element('ul', { class: 'tree' }, ...list),
  );
}
