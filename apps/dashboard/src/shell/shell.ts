import { addCalendarDays } from '@tickwright/market';
import type { CalendarAdditions } from '@tickwright/market';
import type { Overview } from '../api/answers.ts';
import { EventConnection } from '../api/event-connection.ts';
import type { Query } from '../api/rest.ts';
import type { ConnectionState } from '../api/event-connection.ts';
import { byId, setText, toggleAttribute } from '../dom/element.ts';
import { parseTime } from '../format/times.ts';
import { onZoneChange, startClock, switchZone, tick, useCalendars, zone } from './clock.ts';
import { pillState, showPill, startPill } from './data-pill.ts';
import { addKeys, startKeys } from './keys.ts';
import type { Key } from './keys.ts';
import { marketState, showMarket } from './market-state.ts';
import { startSearch } from './search.ts';
import { heardServerTime, serverNow } from './server-time.ts';
import { startTheme } from './theme.ts';

export interface ShellOptions {
  /** What the page wants of /events beside the overview. */
  readonly topics?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** What is known already, as of each connection. */
  readonly since?: () => Query;
  /** What the first connection waits for; it never rejects. */
  readonly after?: Promise<void>;
  readonly on?: Readonly<Record<string, (data: unknown) => void>>;
  /** After each connection, the first too, so that nothing is asked for twice: what was missed meanwhile must be asked for. */
  readonly onConnected?: () => void;
  readonly onConnection?: (state: ConnectionState) => void;
  readonly onOverview?: (overview: Overview) => void;
}

export interface Shell {
  readonly events: EventConnection;
  readonly overview: () => Overview | undefined;
}

/** What every page has: banner, market, pill, clock, search, theme, keys and the one connection for live data. */
export function startShell(options: ShellOptions = {}): Shell {
  let overview: Overview | undefined;
  markPage();
  startTheme();
  startKeys();
  startSearch();
  startClock();
  addKeys({ key: 't', does: 'Switch times: exchange, UTC, local', run: switchZone }, ...pageKeys());
  const refresh = (): void => {
    showPill(pillState({ overview, connection: events.state, nowMs: Date.now() }), overview);
    if (overview !== undefined)
      showMarket(marketState(useCalendars(overview.calendars), serverNow(), zone()));
    tick();
  };
  const events = new EventConnection({
    path: '/events',
    query: { topics: ['overview', ...(options.topics ?? [])].join(','), ...options.query },
    ...(options.since && { since: options.since }),
    ...(options.after && { after: options.after }),
    on: {
      // The runner could not keep up with what this page missed.
      reset: () => options.onConnected?.(),
      ...options.on,
      overview: (data) => {
        overview = data as Overview;
        knowDays(overview.calendarDays);
        heardServerTime(parseTime(overview.time) ?? Date.now());
        showKill(overview);
        refresh();
        options.onOverview?.(overview);
      },
    },
    onState: (state) => {
      if (state.state === 'open') options.onConnected?.();
      options.onConnection?.(state);
      queueMicrotask(refresh);
    },
  });
  startPill(refresh);
  onZoneChange(refresh);
  window.setInterval(refresh, 1_000);
  window.addEventListener('pagehide', () => events.close());
  window.addEventListener('pageshow', (event) => {
    // Back from the browser's cache of pages: the connection was closed, and everything shown is old.
    if (event.persisted) location.reload();
  });
  return { events, overview: () => overview };
}

let days = '';

/** The calendars of this page are those of the runner. */
function knowDays(told: CalendarAdditions): void {
  const text = JSON.stringify(told);
  if (text === days) return;
  days = text;
  addCalendarDays(told);
}

function markPage(): void {
  const page = document.body.dataset['page'];
  document.querySelector(`nav.pages a[href="/${page}"]`)?.setAttribute('aria-current', 'page');
}

function pageKeys(): Key[] {
  const pages = [...document.querySelectorAll<HTMLAnchorElement>('nav.pages a')];
  return pages.map((link, index) => ({
    key: String(index + 1),
    does: `Go to ${link.textContent ?? ''}`,
    run: () => link.click(),
  }));
}

function showKill(overview: Overview): void {
  const note = byId('kill-note');
  note.hidden = !overview.killed;
  toggleAttribute(byId('paper'), 'data-killed', overview.killed ? 'true' : undefined);
  setText(
    note,
    overview.killed ? `KILL SWITCH ON: ${overview.killReason ?? ''}. Only orders that reduce are taken.` : '',
  );
}
