import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '@tickwright/config';
import { calendars } from '@tickwright/market';
import { LEDGER_ROOTS, Ledger, ledgerPath } from '@tickwright/ledger';
import type { LedgerQueries } from '@tickwright/ledger';
import { TickwrightError, acquireInstanceLock } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { createEngine, foldFills } from '@tickwright/trading';
import type { Account, Decimal, Engine, Fill, MarkedPosition, Order } from '@tickwright/trading';

/** Nobody has traded on this data directory yet. */
class NoLedgerError extends TickwrightError {
  constructor(path: string) {
    super(
      `there is no paper account yet: ${path} does not exist; "tickwright run" or "tickwright start" makes it`,
      {
        code: 'no-ledger',
      },
    );
  }
}

/** Profit and loss as the fills alone tell it, beside the account as the engine has it. */
export interface FoldedPnl {
  readonly fills: number;
  readonly cash: Decimal;
  readonly realizedPnl: Decimal;
  readonly fees: Decimal;
  readonly account: Account;
  /** Cash, realized profit and fees are the account's, and every position is that of its fills. */
  readonly matches: boolean;
}

/** The account's book, read by who owns it for a moment. */
export interface PaperBook extends AsyncDisposable {
  orders(last: number): Promise<Order[]>;
  fills(last: number): Promise<Fill[]>;
  positions(): Promise<{ readonly account: Account; readonly positions: readonly MarkedPosition[] }>;
  pnl(): Promise<FoldedPnl>;
}

export interface PaperBookOptions {
  readonly config: Config;
  /** Another ledger than the runner's; then no lock is taken but that of its file. */
  readonly path?: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens the book of a data directory on which no runner runs. Errors: InstanceLockedError, and those of the ledger. */
export async function openPaperBook({ config, path, clock, log }: PaperBookOptions): Promise<PaperBook> {
  const file = path ?? ledgerPath(config.dataDir);
  if (!existsSync(file)) throw new NoLedgerError(file);
  const lock =
    path === undefined
      ? await acquireInstanceLock(join(config.dataDir, 'runner'), { announce: 'later' })
      : undefined;
  const ledger = await Ledger.open({ path: file, limits: config.runner.ledger, clock, log }).catch(
    async (error: unknown) => {
      await lock?.release();
      throw error;
    },
  );
  const engine = createEngine({ strategies: () => undefined, calendars, state: await ledger.state() });
  const start = await ledger.queries.lastStart();
  // The engine knows its account's rules from a start. None of this is stored.
  if (start !== undefined) {
    const [seq, timeMicros] = [ledger.lastSeq + 1, ledger.lastTimeMicros];
    engine.process({ ...start, seq, timeMicros, config: { ...start.config, strategies: [] } });
  }
  return {
    orders: (last) => ledger.queries.orders({ limit: last }),
    fills: (last) => ledger.queries.fills({ limit: last }),
    positions: async () => ({ account: engine.account(), positions: engine.positions() }),
    pnl: () => foldedPnl(ledger.queries, engine),
    async [Symbol.asyncDispose]() {
      try {
        await ledger[Symbol.asyncDispose]();
      } finally {
        await lock?.release();
      }
    },
  };
}

/** Makes the book anew of its fills and compares it with the engine's. */
export async function foldedPnl(
  queries: LedgerQueries,
  engine: Pick<Engine, 'account' | 'positions'>,
): Promise<FoldedPnl> {
  const account = engine.account();
  const fills: Fill[] = [];
  for await (const rows of queries.allFills()) fills.push(...rows);
  const { cash, realizedPnl, fees, positions } = foldFills(account.initialCash, fills);
  const held = new Map(
    engine.positions().map((each) => [`${each.strategy} ${each.instrument}`, each.quantity]),
  );
  const matches =
    cash === account.cash &&
    realizedPnl === account.realizedPnl &&
    fees === account.fees &&
    positions.every(
      ({ strategy, instrument, quantity }) => (held.get(`${strategy} ${instrument}`) ?? '0') === quantity,
    );
  return { fills: fills.length, cash, realizedPnl, fees, account, matches };
}

/** Puts the ledger aside, so that the next run begins with a new account. Gives where it is; undefined: there was none. */
export async function resetPaperBook(options: {
  readonly dataDir: string;
  readonly clock: Clock;
}): Promise<string | undefined> {
  const { dataDir, clock } = options;
  const path = ledgerPath(dataDir);
  if (!existsSync(path)) return undefined;
  await using _lock = await acquireInstanceLock(join(dataDir, 'runner'), { announce: 'later' });
  const stamp = new Date(clock.nowMicros() / 1_000).toISOString().replaceAll(/[:.]/g, '-');
  const folder = join(dirname(path), 'reset', stamp);
  await mkdir(folder, { recursive: true });
  for (const root of LEDGER_ROOTS) {
    const from = join(dataDir, root);
    if (existsSync(from)) await rename(from, join(folder, root.slice(root.lastIndexOf('/') + 1)));
  }
  return folder;
}
