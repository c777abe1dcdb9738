import { countTicks, readTicks } from '@tickwright/ingestor';
import type { Core, TickJson, TickQuery } from '@tickwright/ingestor';
import { ExitCode, TickwrightError, nearest, systemClock } from '@tickwright/runtime';
import { csv, table } from '../formats.ts';
import { ownerOf } from '../owner.ts';
import type { Owner } from '../owner.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { timeArgument } from '../times.ts';
import { UsageError } from '../usage-error.ts';

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
  if (flags.json === true && flags.csv === true) throw new UsageError('--json and --csv exclude each other');
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, logOf(terminal, config, 'ticks'));
  const query = tickQuery(flags);
  if (owner.kind === 'running') await fromRunning(terminal, flags, query, owner);
  else {
    await using owned = await owner.open();
    const { core } = owned;
    requireKnown(core, query.instrument);
    if (flags.count === true) await print(terminal.stdout, `${await countTicks(core, query)}\n`);
    else await printTicks(terminal, flags, readTicks(core, query));
  }
  return 0;
}

function tickQuery(flags: TicksFlags): TickQuery {
  const now = systemClock.nowMicros();
  const hasRange = flags.from !== undefined || flags.to !== undefined || flags.count === true;
  const last = flags.last ?? (hasRange ? undefined : DEFAULT_LAST);
  return {
    instrument: flags.instrument,
    ...(flags.from === undefined ? {} : { fromMicros: timeArgument(flags.from, now) }),
    ...(flags.to === undefined ? {} : { toMicros: timeArgument(flags.to, now) }),
    ...(last === undefined ? {} : { last }),
  };
}

/** An instrument that was never taken in is a mistake to point out, not an empty answer. */
function requireKnown(core: Core, instrument: string): void {
  if (core.instruments.indexOf(instrument) >= 0) return;
  const known = core.instruments.list().map((each) => each.key);
  const near = nearest(instrument, known);
  throw new TickwrightError(
    `no ticks of "${instrument}" were ever taken into this data directory; ` +
      (near === undefined
        ? `it knows ${known.slice(0, 5).join(', ') || 'no instrument'}`
        : `did you mean "${near}"?`),
    { code: 'instrument-unknown', exitCode: ExitCode.failure },
  );
}

async function fromRunning(
  terminal: Terminal,
  flags: TicksFlags,
  query: TickQuery,
  owner: Owner & { kind: 'running' },
): Promise<void> {
  const parameters = new URLSearchParams({ instrument: query.instrument });
  if (query.fromMicros !== undefined) parameters.set('from', String(query.fromMicros));
  if (query.toMicros !== undefined) parameters.set('to', String(query.toMicros));
  if (flags.count === true) {
    const response = await owner.ask(`/api/v1/ticks/count?${parameters}`);
    const { count } = (await response.json()) as { count: number };
    await print(terminal.stdout, `${count}\n`);
    return;
  }
  if (query.last !== undefined) parameters.set('last', String(query.last));
  const response = await owner.ask(`/api/v1/ticks?${parameters}`);
  if (flags.json === true) await passOn(terminal, response);
  else await printTicks(terminal, flags, oneChunk((await response.json()) as TickJson[]));
}

/** A long answer goes through as it comes. */
async function passOn(terminal: Terminal, response: Response): Promise<void> {
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    await print(terminal.stdout, decoder.decode(piece as Uint8Array, { stream: true }));
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
    const cells = rows.map((row) => COLUMNS.map((column) => row[column] ?? ''));
    const text = flags.csv === true ? csv(COLUMNS, cells) : table(COLUMNS, cells);
    await print(terminal.stdout, isFirst ? text : text.slice(text.indexOf('\n') + 1));
    isFirst = false;
  }
}

async function printJson(terminal: Terminal, chunks: AsyncIterable<TickJson[]>): Promise<void> {
  let separator = '[\n';
  for await (const rows of chunks) {
    if (rows.length === 0) continue;
    await print(terminal.stdout, separator + rows.map((row) => JSON.stringify(row)).join(',\n'));
    separator = ',\n';
  }
  await print(terminal.stdout, separator === '[\n' ? '[]\n' : '\n]\n');
}
