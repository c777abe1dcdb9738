import { join } from 'node:path';
import type { Config } from '@tickwright/config';
import type { PaperBook } from '@tickwright/runner';
import { readInstance, systemClock } from '@tickwright/runtime';
import type { Account, Fill, MarkedPosition, Order } from '@tickwright/trading';
import { csv, isoTime, jsonRows, readableTime, table } from '../formats.ts';
import { OwnerUnreachableError, askInstance } from '../owner.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export interface PaperFlags extends CommonFlags {
  readonly view: string;
  readonly last: number;
  readonly csv?: boolean;
  readonly ledger?: string;
}

/** How the account's book is read: from the running runner, or from its file when none runs. */
interface BookSource {
  orders(last: number): Promise<readonly Order[]>;
  fills(last: number): Promise<readonly Fill[]>;
  positions(): Promise<{ readonly account: Account; readonly positions: readonly MarkedPosition[] }>;
  pnl(): Promise<Pnl>;
  readonly isRunning: boolean;
}

export type Pnl = Awaited<ReturnType<PaperBook['pnl']>>;

export async function paperCommand(terminal: Terminal, flags: PaperFlags): Promise<number> {
  const config = await settings(terminal, flags);
  await using book = await bookOf(terminal, config, flags);
  switch (flags.view) {
    case 'orders':
      await rows(terminal, flags, ORDER_COLUMNS, await book.source.orders(flags.last));
      return 0;
    case 'fills':
      await rows(terminal, flags, FILL_COLUMNS, await book.source.fills(flags.last));
      return 0;
    case 'positions':
      await rows(terminal, flags, POSITION_COLUMNS, (await book.source.positions()).positions);
      return 0;
    case 'pnl':
      return await pnl(terminal, flags, await book.source.pnl());
    default:
      await status(terminal, flags, book.source);
      return 0;
  }
}

async function bookOf(
  terminal: Terminal,
  config: Config,
  flags: PaperFlags,
): Promise<AsyncDisposable & { readonly source: BookSource }> {
  const instance =
    flags.ledger === undefined ? await readInstance(join(config.dataDir, 'runner')) : undefined;
  if (instance === undefined) {
    const { openPaperBook } = await import('@tickwright/runner');
    const log = logOf(terminal, config, 'paper');
    const { ledger: path } = flags;
    const opened = await openPaperBook({
      config,
      clock: systemClock,
      log,
      ...(path === undefined ? {} : { path }),
    });
    return {
      source: { ...opened, isRunning: false },
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  }
  const base = instance.addresses['http'];
  if (base === undefined)
    throw new OwnerUnreachableError(
      `process ${instance.pid} holds the ledger of ${config.dataDir} and serves no address: it is starting, or another command; try again in a moment`,
    );
  const get = async <T>(path: string): Promise<T> => {
    const { token } = instance;
    const { signal } = terminal;
    const answer = await askInstance({ who: 'runner', method: 'GET', base, path, token, signal });
    // Of a runner of this release: its lock is on this data directory.
    return (await answer.json()) as T;
  };
  return {
    source: {
      isRunning: true,
      orders: (last) => get(`/api/v1/orders?limit=${last}`),
      fills: (last) => get(`/api/v1/fills?limit=${last}`),
      positions: () => get('/api/v1/positions'),
      pnl: () => get('/api/v1/pnl'),
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | boolean | null;
}

const ORDER_COLUMNS: readonly Column<Order>[] = [
  { title: 'time', of: ({ createdMicros }) => isoTime(createdMicros) },
  { title: 'id', of: ({ id }) => id },
  { title: 'strategy', of: ({ strategy }) => strategy },
  { title: 'instrument', of: ({ instrument }) => instrument },
  { title: 'side', of: ({ side }) => side },
  { title: 'type', of: ({ type }) => type },
  { title: 'quantity', of: ({ quantity }) => quantity },
  { title: 'filled', of: ({ filledQuantity }) => filledQuantity },
  { title: 'price', of: ({ averagePrice }) => averagePrice ?? '' },
  { title: 'state', of: ({ state }) => state },
  { title: 'reason', of: ({ reason }) => reason },
];

const FILL_COLUMNS: readonly Column<Fill>[] = [
  { title: 'time', of: ({ timeMicros }) => isoTime(timeMicros) },
  { title: 'id', of: ({ id }) => id },
  { title: 'order', of: ({ orderId }) => orderId },
  { title: 'strategy', of: ({ strategy }) => strategy },
  { title: 'instrument', of: ({ instrument }) => instrument },
  { title: 'side', of: ({ side }) => side },
  { title: 'quantity', of: ({ quantity }) => quantity },
  { title: 'price', of: ({ price }) => price },
  { title: 'fees', of: ({ fees }) => fees },
];

const POSITION_COLUMNS: readonly Column<MarkedPosition>[] = [
  { title: 'strategy', of: ({ strategy }) => strategy },
  { title: 'instrument', of: ({ instrument }) => instrument },
  { title: 'quantity', of: ({ quantity }) => quantity },
  { title: 'average', of: ({ averagePrice }) => averagePrice ?? '' },
  { title: 'mark', of: ({ markPrice }) => markPrice ?? '' },
  { title: 'value', of: ({ marketValue }) => marketValue },
  { title: 'unrealized', of: ({ unrealizedPnl }) => unrealizedPnl },
  { title: 'realized', of: ({ realizedPnl }) => realizedPnl },
  { title: 'fees', of: ({ fees }) => fees },
];

async function rows<Row extends object>(
  terminal: Terminal,
  flags: PaperFlags,
  columns: readonly Column<Row>[],
  found: readonly Row[],
): Promise<void> {
  if (flags.json === true) return print(terminal.stdout, jsonRows(found));
  const titles = columns.map(({ title }) => title);
  const cells = found.map((row) => columns.map(({ of }) => of(row)));
  if (flags.csv === true) return print(terminal.stdout, csv(titles, cells));
  if (found.length === 0) return print(terminal.stderr, `no ${flags.view} yet\n`);
  await print(
    terminal.stdout,
    table(
      titles,
      cells.map((row) => row.map((cell) => String(cell ?? ''))),
    ),
  );
}

async function pnl(terminal: Terminal, flags: PaperFlags, found: Pnl): Promise<number> {
  const { fills, cash, realizedPnl, fees, account, matches } = found;
  const pairs: [string, string | number | boolean][] = [
    ['fills', fills],
    ['realized', realizedPnl],
    ['fees', fees],
    ['cash', cash],
    ['unrealized', account.unrealizedPnl],
    ['equity', account.equity],
    ['day', account.dayPnl],
    ['fills agree with the account', matches],
  ];
  if (flags.json === true) await print(terminal.stdout, `${JSON.stringify(found, null, 2)}\n`);
  else if (flags.csv === true)
    await print(
      terminal.stdout,
      csv(
        pairs.map(([name]) => name),
        [pairs.map(([, value]) => value)],
      ),
    );
  else
    await print(
      terminal.stdout,
      `${pairs.map(([name, value]) => `${name.padEnd(12)} ${String(value)}`).join('\n')}\n`,
    );
  // As `verify`: what is stored contradicts itself.
  return matches ? 0 : 8;
}

async function status(terminal: Terminal, flags: PaperFlags, source: BookSource): Promise<void> {
  const { account, positions } = await source.positions();
  const working = (await source.orders(1_000)).filter(({ state }) => state === 'working');
  const { isRunning } = source;
  if (flags.json === true) {
    const found = { running: isRunning, account, positions, workingOrders: working };
    return print(terminal.stdout, `${JSON.stringify(found, null, 2)}\n`);
  }
  const held = positions.filter(({ quantity }) => quantity !== '0');
  const lines = [
    `${isRunning ? 'RUNNING' : 'NOT RUNNING'}  paper account in ${account.currency}${account.killed ? `, KILLED: ${account.killReason ?? ''}` : ''}`,
    `  equity     ${account.equity}   (cash ${account.cash}, realized ${account.realizedPnl}, unrealized ${account.unrealizedPnl}, fees ${account.fees})`,
    `  day        ${account.dayPnl} since ${account.dayStartEquity} on ${account.day}`,
    `  positions  ${held.length}`,
    `  orders     ${working.length} working`,
    ...working
      .slice(0, 5)
      .map(
        ({ id, createdMicros, side, quantity, instrument, reason }) =>
          `    ${id} ${readableTime(createdMicros)} ${side} ${quantity} ${instrument}: ${reason}`,
      ),
  ];
  await print(terminal.stdout, `${lines.join('\n')}\n`);
}
