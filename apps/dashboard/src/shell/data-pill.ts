import type { Overview } from '../api/answers.ts';
import type { ConnectionState } from '../api/event-connection.ts';
import { byId, element, fill, setText, toggleAttribute } from '../dom/element.ts';
import { age, dateAndTime, parseTime, shortAge } from '../format/times.ts';
import { zone } from './clock.ts';
import { serverNow } from './server-time.ts';

/** A broken connection is not told at once: a reload of the runner lasts a second. */
const GRACE_MS = 2_000;

export interface PillState {
  readonly state: 'OK' | 'STALE' | 'DOWN' | 'WAIT';
  readonly ageMs: number | undefined;
  /** What is wrong and what to do; empty when all is well. */
  readonly reason: string;
}

/** The verdict on the data. Without a connection nothing is known, which is never OK. */
export function pillState(options: {
  overview: Overview | undefined;
  connection: ConnectionState;
  nowMs: number;
}): PillState {
  const { overview, connection, nowMs } = options;
  const lastTickMs = parseTime(overview?.data.lastTickTs);
  const ageMs = lastTickMs === undefined ? undefined : serverNow() - lastTickMs;
  const brokenMs = connection.state === 'open' ? 0 : nowMs - connection.sinceMs;
  if (brokenMs > GRACE_MS)
    return {
      state: 'DOWN',
      ageMs,
      reason: `No connection to the runner for ${age(brokenMs)}. What is shown is old. Is "tickwright start" running?`,
    };
  if (overview === undefined) return { state: 'WAIT', ageMs, reason: 'Waiting for the runner to tell.' };
  return { state: overview.data.state, ageMs, reason: overview.data.reason };
}

/** Shows it, also in the title of the tab: a dead feed must be seen from another tab. */
export function showPill(pill: PillState, overview: Overview | undefined): void {
  const target = byId('pill');
  toggleAttribute(target, 'data-state', pill.state);
  setText(byId('pill-state'), pill.state === 'WAIT' ? 'not known' : pill.state);
  setText(byId('pill-age'), pill.ageMs === undefined ? '' : shortAge(pill.ageMs));
  const title = document.title.replace(/^[⚠✕] /, '');
  const sign = pill.state === 'DOWN' ? '✕ ' : pill.state === 'STALE' ? '⚠ ' : '';
  if (document.title !== sign + title) document.title = sign + title;
  const detail = byId('pill-detail');
  if (detail.matches(':popover-open')) fill(detail, ...facts(pill, overview));
}

function facts(pill: PillState, overview: Overview | undefined): HTMLElement[] {
  const lastTickMs = parseTime(overview?.data.lastTickTs);
  const rows: [string, string][] = [
    ['Data', `${pill.state}${pill.reason === '' ? '' : `: ${pill.reason}`}`],
    [
      'Last tick',
      lastTickMs === undefined ? 'none yet' : `${dateAndTime(lastTickMs, zone())} (${age(pill.ageMs)} ago)`,
    ],
  ];
  if (overview !== undefined) {
    const { ingestor, candles } = overview;
    rows.push(
      ['Ingestor', `${ingestor.state}${ingestor.ready ? ', ready' : `: ${ingestor.reasons.join('; ')}`}`],
      [
        'Candles',
        `from ${candles.source}, ${candles.state}${candles.reason === '' ? '' : `: ${candles.reason}`}`,
      ],
      ['Runner', `${overview.version}, up ${age(overview.uptimeMs)}`],
    );
  }
  const list = element('dl');
  for (const [name, value] of rows) list.append(element('dt', {}, name), element('dd', {}, value));
  return [list, element('a', { href: '/ops' }, 'More on Ops')];
}

export function startPill(refresh: () => void): void {
  const detail = byId('pill-detail');
  byId('pill').addEventListener('click', () => {
    detail.togglePopover();
    refresh();
  });
}
