import { RawAnswer } from '@tickwright/http';
import type { Route } from '@tickwright/http';
import type { RunnerState } from '../runner-state.ts';

const RELOAD_S = 5;

/** The scanner as a plain table, for an installation whose pages are not built. */
export function plainPages(state: RunnerState): Route[] {
  return [
    {
      method: 'GET',
      path: '/scanner',
      summary: 'The scanner as a plain page',
      handler: async () => new RawAnswer({ type: 'text/html; charset=utf-8', body: scannerPage(state) }),
    },
  ];
}

const COLUMNS = [
  'symbol',
  'interval',
  'status',
  'last_bar_ts',
  'last_price',
  'change',
  'signal',
  'reason',
] as const;

function scannerPage(state: RunnerState): string {
  const now = state.clock.nowMicros();
  const rows = (state.parts?.board.rows(now) ?? []).map((row) => {
    const { last_signal: signal } = row;
    const told = signal === null ? '' : `${signal.direction} ${signal.ts} ${signal.strategy}`;
    const cells: Record<(typeof COLUMNS)[number], unknown> = { ...row, signal: told };
    return `<tr>${COLUMNS.map((name) => `<td>${escaped(cells[name])}</td>`).join('')}</tr>`;
  });
  const { ready, reasons } = state.readiness();
  const standing = ready ? 'READY' : reasons.join('; ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${RELOAD_S}"><title>tickwright scanner</title></head>
<body><h1>PAPER scanner</h1><p>${escaped(standing)}. Times are UTC; as of ${escaped(new Date(now / 1_000).toISOString())}.</p>
<table border="1"><thead><tr>${COLUMNS.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table>
<p><a href="/api/v1/scanner">JSON</a> <a href="/api/v1/openapi.json">API</a> <a href="/health">health</a></p></body></html>
`;
}

/** As text within HTML, whatever an instrument is called. */
function escaped(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
