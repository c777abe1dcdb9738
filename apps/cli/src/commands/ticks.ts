import type { TickJson, TickQuery } from '@tickwright/ingestor';
import type { Config } from '@tickwright/config';
import { TickwrightError, systemClock } from '@tickwright/runtime';
import { csv, table } from '../formats.ts';
import { OwnerUnreachableError, ownerOf } from '../owner.ts';
import type { Owner } from '../owner.ts';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { timeRange } from '../times.ts';
import { UnknownInstrumentError, keyArgument } from '../unknown-instrument.ts';

const DEFAULT_LAST = 20;
const COLUMNS = ['eventTime', 'receiveTime', 'price', 'quantity', 'side', 'tradeId', 'offset'] as const;

export interface TicksFlags extends CommonFlags {
  readonly instrument: string;
  readonly from?: string;
  readonly to?: string;
  readonly last?: number;
  readonly count?: boolean;
  readonly csv?: boolean;
}

export async function ticksCommand(terminal: Terminal, flags: TicksFlags): Promise<number> {
  const query = tickQuery(flags);
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, terminal);
  if (owner.kind === 'running') await fromRunning(terminal, flags, query, { owner, config });
  else await fromFiles(terminal, flags, query, { owner, config });
  return 0;
}

function tickQuery(flags: TicksFlags): TickQuery {
  const instrument = keyArgument(flags.instrument);
  const hasRange = flags.from !== undefined || flags.to !== undefined || flags.count === true;
  const last = flags.last ?? (hasRange ? undefined : DEFAULT_LAST);
  return {
    instrument,
    ...timeRange(flags, systemClock.nowMicros()),
    ...(last === undefined ? {} : { last }),
  };
}

async function fromFiles(
  terminal: Terminal,
  flags: TicksFlags,
  query: TickQuery,
  { owner, config }: { owner: Owner & { kind: 'free' }; config: Config },
): Promise<void> {
  await using owned = await owner.open('ticks');
  const { countTicks, readTicks } = await import('@tickwright/ingestor');
  const { core } = owned;
  const key = query.instrument;
  if (core.instruments.indexOf(key) < 0) {
    const known = core.instruments.list().map((each) => each.key);
    throw new UnknownInstrumentError({ key, known, dataDir: config.dataDir });
  }
  if (flags.count === true) await print(terminal.stdout, `${await countTicks(core, query)}\n`);
  else await printTicks(terminal, flags, readTicks(core, query));
}

async function fromRunning(
  terminal: Terminal,
  flags: TicksFlags,
  query: TickQuery,
  { owner, config }: { owner: Owner & { kind: 'running' }; config: Config },
): Promise<void> {
  const parameters = new URLSearchParams({ instrument: query.instrument });
  if (query.fromMicros !== undefined) parameters.set('from', String(query.fromMicros));
  if (query.toMicros !== undefined) parameters.set('to', String(query.toMicros));
  if (query.last !== undefined) parameters.set('last', String(query.last));
  const path = flags.count === true ? '/api/v1/ticks/count' : '/api/v1/ticks';
  const response = await owner.ask(`${path}?${parameters}`).catch(async (error: unknown) => {
    if (!(error instanceof OwnerUnreachableError) || error.status !== 404) throw error;
    const rows = (await (await owner.ask('/api/v1/instruments')).json()) as { key: string }[];
    const known = rows.map((row) => row.key);
    throw new UnknownInstrumentError({ key: query.instrument, known, dataDir: config.dataDir });
  });
  if (flags.count === true) {
    const { count } = (await response.json()) as { count: number };
    await print(terminal.stdout, `${count}\n`);
  } else if (flags.json === true) await passOn(terminal, response);
  else await printTicks(terminal, flags, oneChunk((await response.json()) as TickJson[]));
}

/** A long answer goes through as it comes. */
async function passOn(terminal: Terminal, response: Response): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body ?? []) {
      await print(terminal.stdout, decoder.decode(piece as Uint8Array, { stream: true }));
    }
  } catch (cause) {
    terminal.signal.throwIfAborted();
    if (cause instanceof TickwrightError) throw cause;
    throw new OwnerUnreachableError(
      'the running ingestor broke off its answer: what was printed is not all',
      {
        cause,
      },
    );
  }
  await print(terminal.stdout, '\n');
}

async function* oneChunk(rows: TickJson[]): AsyncGenerator<TickJson[]> {
  yield rows;
}

async function printTicks(
  terminal: Terminal,
  flags: TicksFlags,
  chunks: AsyncIterable<TickJson[]>,
): Promise<void> {
  if (flags.json === true) return printJson(terminal, chunks);
  let isFirst = true;
  for await (const rows of chunks) {
    terminal.signal.throwIfAborted();
    const cells = rows.map((row) => COLUMNS.map((column) => row[column] ?? ''));
    const text = flags.csv === true ? csv(COLUMNS, cells) : table(COLUMNS, cells);
    await print(terminal.stdout, isFirst ? text : text.slice(text.indexOf('\n') + 1));
    isFirst = false;
  }
}

async function printJson(terminal: Terminal, chunks: AsyncIterable<TickJson[]>): Promise<void> {
  let separator = '[\n';
  for await (const rows of chunks) {
    terminal.signal.throwIfAborted();
    if (rows.length === 0) continue;
    await print(terminal.stdout, separator + rows.map((row) => JSON.stringify(row)).join(',\n'));
    separator = ',\n';
  }
  await print(terminal.stdout, separator === '[\n' ? '[]\n' : '\n]\n');
}
