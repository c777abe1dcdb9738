import type { NoticeRow } from '../api/answers.ts';
import type { StreamStatus } from '../api/ingestor-status.ts';
import type { LogLine, ProcessRow } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';
import { UNKNOWN, bytes, decimalText } from '../format/numbers.ts';
import { age, dateAndTime, duration, parseTime, shortAge, timeOfDay } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { serverNow } from '../shell/server-time.ts';
import type { Column } from '../table/column.ts';
import { acknowledge } from './acknowledge.ts';

export const PROCESS_COLUMNS: readonly Column<ProcessRow>[] = [
  { id: 'name', title: 'Process', text: ({ name }) => name },
  {
    id: 'state',
    title: 'State',
    text: ({ state }) => state,
    tone: ({ state }) => (state === 'up' ? '' : 'bad'),
    hover: ({ reason }) => reason,
  },
  { id: 'uptime', title: 'Up', align: 'right', text: ({ uptimeMs }) => age(uptimeMs) },
  {
    id: 'lag',
    title: 'Loop lag p99',
    hint: 'How late its event loop is',
    align: 'right',
    text: ({ eventLoopLagMs }) => duration(eventLoopLagMs),
    tone: ({ eventLoopLagMs }) => ((eventLoopLagMs ?? 0) > 200 ? 'warn' : ''),
  },
  { id: 'memory', title: 'Memory', align: 'right', text: ({ rssBytes }) => bytes(rssBytes) },
  {
    id: 'cpu',
    title: 'CPU',
    align: 'right',
    hides: 3,
    text: ({ cpuPercent }) => (cpuPercent === null ? UNKNOWN : `${decimalText(cpuPercent, 0)}%`),
  },
  { id: 'version', title: 'Version', align: 'right', hides: 3, text: ({ version }) => version ?? UNKNOWN },
  { id: 'pid', title: 'Pid', align: 'right', hides: 3, text: ({ pid }) => String(pid ?? UNKNOWN) },
];

export type Connection = StreamStatus['connections'][number] & {
  readonly venue: string;
  readonly reconnects: number;
};

export const CONNECTION_COLUMNS: readonly Column<Connection>[] = [
  { id: 'venue', title: 'Stream', text: ({ venue, connection }) => `${venue} ${connection ?? ''}` },
  {
    id: 'state',
    title: 'State',
    wraps: true,
    text: ({ state, reason }) => `${state}${reason === undefined ? '' : `: ${reason}`}`,
    tone: ({ state }) => (state === 'open' ? '' : 'bad'),
  },
  { id: 'instruments', title: 'Instr.', align: 'right', text: ({ instruments }) => String(instruments) },
  {
    id: 'message',
    title: 'Last message',
    align: 'right',
    text: ({ lastMessageMicros }) =>
      lastMessageMicros === undefined ? UNKNOWN : shortAge(serverNow() - lastMessageMicros / 1_000),
  },
  {
    id: 'since',
    title: 'For',
    align: 'right',
    hides: 3,
    text: ({ sinceMicros }) => age(serverNow() - sinceMicros / 1_000),
  },
  {
    id: 'reconnects',
    title: 'Reconnects',
    align: 'right',
    hides: 3,
    text: ({ reconnects }) => String(reconnects),
  },
];

export type Subscription = StreamStatus['subscriptions'][number];
const USUAL = new Set(['live', 'quiet']);

function subscriptionState({ state, reason }: Subscription): string {
  return `${state}${reason === undefined ? '' : `: ${reason}`}`;
}

export const SUBSCRIPTION_COLUMNS: readonly Column<Subscription>[] = [
  {
    id: 'instrument',
    title: 'Instrument',
    width: '15.5rem',
    text: ({ instrument }) => instrument,
    value: ({ instrument }) => instrument,
  },
  {
    id: 'state',
    title: 'State',
    text: subscriptionState,
    hover: subscriptionState,
    tone: ({ state }) => (state === 'live' ? '' : USUAL.has(state) ? 'muted' : 'warn'),
    value: ({ state }) => (USUAL.has(state) ? state : ` ${state}`),
  },
  {
    id: 'tick',
    title: 'Last tick',
    align: 'right',
    width: '5rem',
    text: ({ lastTickMicros }) =>
      lastTickMicros <= 0 ? 'none' : shortAge(serverNow() - lastTickMicros / 1_000),
    value: ({ lastTickMicros }) => -lastTickMicros,
    ages: true,
  },
];

export const NOTICE_COLUMNS: readonly Column<NoticeRow>[] = [
  {
    id: 'age',
    title: 'Age',
    text: ({ ts }) => shortAge(serverNow() - (parseTime(ts) ?? serverNow())),
    hover: ({ ts }) => dateAndTime(parseTime(ts) ?? 0, zone()),
    ages: true,
  },
  {
    id: 'code',
    title: 'What',
    text: ({ code }) => code.replaceAll('-', ' '),
    tone: ({ acknowledged, severity }) =>
      acknowledged || severity === 'info' ? 'muted' : severity === 'critical' ? 'bad' : 'warn',
  },
  {
    id: 'text',
    title: 'Text',
    wraps: true,
    text: ({ text }) => text,
    hover: ({ text, strategy, instrument }) =>
      [text, strategy, instrument].filter((each) => each !== null).join('\n'),
  },
  {
    id: 'acknowledge',
    title: 'Seen',
    align: 'right',
    text: ({ acknowledged }) => (acknowledged ? 'seen' : 'new'),
    paint: (cell, notice) => {
      if (notice.acknowledged) cell.textContent = 'seen';
      else
        fill(
          cell,
          element(
            'button',
            { type: 'button', class: 'button small', on: { click: () => void acknowledge([notice]) } },
            'Acknowledge',
          ),
        );
    },
    tone: () => 'muted',
  },
];

export const LOG_COLUMNS: readonly Column<LogLine>[] = [
  {
    id: 'time',
    title: 'Time',
    text: ({ time }) => timeOfDay(parseTime(time) ?? 0, zone()),
    hover: ({ time }) => time,
  },
  {
    id: 'level',
    title: 'Level',
    text: ({ level }) => level,
    tone: ({ level }) => (level === 'error' ? 'bad' : level === 'warn' ? 'warn' : 'muted'),
  },
  { id: 'name', title: 'From', hides: 3, text: ({ name }) => name, tone: () => 'muted' },
  { id: 'msg', title: 'Message', wraps: true, text: ({ msg }) => msg },
];
