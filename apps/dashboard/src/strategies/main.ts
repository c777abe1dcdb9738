import { messageOf } from '../api/api-error.ts';
import type { StrategyRow } from '../api/answers.ts';
import { strategies } from '../api/runner-api.ts';
import { byId, setText } from '../dom/element.ts';
import { onZoneChange } from '../shell/clock.ts';
import { connectionState, showState } from '../shell/notice-line.ts';
import type { PageState } from '../shell/notice-line.ts';
import { every } from '../shell/pace.ts';
import { startShell } from '../shell/shell.ts';
import { StrategyCard, overallStatus } from './strategy-card.ts';

const cards = new Map<string, StrategyCard>();
let rows: readonly StrategyRow[] = [];
let failure = '';
let isLoaded = false;

const shell = startShell({
  topics: ['strategies', 'signal'],
  on: { strategies: () => void load(), signal: () => void load() },
  onConnected: () => void load(),
  onConnection: showSituation,
  onOverview: showSituation,
});

async function load(): Promise<void> {
  try {
    rows = await strategies();
    failure = '';
    isLoaded = true;
    show();
  } catch (error) {
    failure = messageOf(error);
  }
  showSituation();
}

function show(): void {
  const content = byId('content');
  const ids = new Set(rows.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (ids.has(id)) continue;
    card.element.remove();
    cards.delete(id);
  }
  for (const row of rows) {
    let card = cards.get(row.id);
    if (card === undefined) {
      card = new StrategyCard(row.id, () => void load());
      cards.set(row.id, card);
      content.append(card.element);
    }
    card.show(row);
  }
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(overallStatus(row), (counts.get(overallStatus(row)) ?? 0) + 1);
  setText(byId('summary'), [...counts].map(([status, count]) => `${count} ${status}`).join(', '));
}

function showSituation(): void {
  showState(situation());
}

function situation(): PageState | undefined {
  const retry = (): void => {
    shell.events.retryNow();
    void load();
  };
  const broken = connectionState({ connection: shell.events.state, isLoaded, retry });
  if (broken !== undefined) return broken;
  if (failure !== '')
    return {
      kind: 'bad',
      title: 'The strategies could not be fetched.',
      detail: failure,
      action: { title: 'Try again', run: retry },
    };
  if (!isLoaded)
    return { kind: 'busy', title: 'Asking for the strategies.', detail: 'This takes less than a second.' };
  if (rows.length === 0)
    return {
      kind: 'empty',
      title: 'No strategy runs.',
      detail:
        'Name some in the configuration under runner.strategies, or: npx tickwright run --mode paper --strategies pixityAI_meta --instruments "SIM|ALPHA"',
    };
  const data = shell.overview()?.data;
  if (data === undefined || data.state === 'OK') return undefined;
  return {
    kind: data.state === 'DOWN' ? 'bad' : 'warn',
    title: `Data ${data.state}: strategies do not signal on stale data.`,
    detail: data.reason,
  };
}

every(5_000, load);
every(1_000, showSituation);
onZoneChange(show);
showSituation();
