import type { Overview } from '../api/answers.ts';
import type { ConnectionState } from '../api/event-connection.ts';
import { connectionState } from '../shell/notice-line.ts';
import type { PageState } from '../shell/notice-line.ts';
import type { RowStore } from './row-store.ts';
import { effectivePreset } from './view-state.ts';
import type { ViewState } from './view-state.ts';

export interface Situation {
  readonly store: RowStore;
  readonly view: ViewState;
  readonly shown: number;
  readonly connection: ConnectionState;
  readonly overview: Overview | undefined;
  /** What went wrong with the last asking for rows; empty when nothing did. */
  readonly failure: string;
  readonly isLoaded: boolean;
  readonly clear: () => void;
  readonly retry: () => void;
}

/** The one thing to say about the scanner now; undefined when all is well. */
export function scannerState(now: Situation): PageState | undefined {
  return disconnected(now) ?? notLoaded(now) ?? noRows(now) ?? dataTrouble(now) ?? warming(now);
}

function disconnected({ connection, retry, isLoaded }: Situation): PageState | undefined {
  return connectionState({ connection, isLoaded, retry });
}

function notLoaded({ isLoaded, failure, retry }: Situation): PageState | undefined {
  if (failure !== '')
    return {
      kind: 'bad',
      title: 'The rows could not be fetched.',
      detail: failure,
      action: { title: 'Try again', run: retry },
    };
  if (isLoaded) return undefined;
  return { kind: 'busy', title: 'Asking the runner for its rows.', detail: 'This takes less than a second.' };
}

function noRows({ store, shown, view, clear }: Situation): PageState | undefined {
  if (store.size === 0)
    return {
      kind: 'empty',
      title: 'No instrument is ingested yet.',
      detail:
        'Add one on the Data page, with "npx tickwright subscribe KEY", or as a source in the configuration.',
    };
  if (shown > 0) return undefined;
  const what = [
    view.list === '' ? '' : `watchlist “${view.list}”`,
    view.preset === 'all' ? '' : `“${effectivePreset(view).title}”`,
    view.text === '' ? '' : `filter “${view.text}”`,
  ].filter((each) => each !== '');
  const hint = view.list === '' ? '' : ' Select a row and press w to put it into a watchlist.';
  return {
    kind: 'empty',
    title: `None of ${store.size} rows fits ${what.join(', ')}.`,
    detail: `Clear it to see all of them.${hint}`,
    action: { title: 'Show all', run: clear },
  };
}

function dataTrouble({ overview }: Situation): PageState | undefined {
  if (overview === undefined) return undefined;
  const { data, ingestor } = overview;
  if (data.state === 'DOWN')
    return {
      kind: 'bad',
      title: 'No data come in.',
      detail: `${data.reason || ingestor.reasons.join('; ')}. Prices are as of their tick age; nothing signals on stale data.`,
    };
  if (data.state === 'STALE')
    return {
      kind: 'warn',
      title: 'Data are stale.',
      detail: `${data.reason}. Ops shows which stage stands still.`,
    };
  return undefined;
}

function warming({ store }: Situation): PageState | undefined {
  const rows = [...store.all()].map(({ row }) => row);
  const first = rows.find(({ status }) => status === 'WARMING');
  if (first === undefined || rows.some(({ status }) => status === 'RUNNING')) return undefined;
  return {
    kind: 'warn',
    title: 'All rows are warming up.',
    detail: `${first.symbol}: ${first.reason}. Strategies signal once they have their candles; recovery fetches history where the venue has it.`,
  };
}
