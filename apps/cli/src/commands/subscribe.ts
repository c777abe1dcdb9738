import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { counted } from '../formats.ts';
import { OwnerUnreachableError, ownerOf } from '../owner.ts';
import type { Owner } from '../owner.ts';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { flaggedKeys } from '../sources.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface SubscribeFlags extends CommonFlags {
  readonly action: 'subscribe' | 'unsubscribe';
  readonly instruments: readonly string[];
  readonly venue?: string;
}

/** Instruments of one request; more are asked for in several, each made whole or not at all. */
const INSTRUMENTS_A_REQUEST = 1_000;
/** Names printed at most. */
const MAX_NAMED = 10;

interface Change {
  readonly venue: string;
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly unchecked?: string;
}

/** The ingestor says that it cannot be so; the message is its own. */
class SubscriptionRefusedError extends TickwrightError {
  constructor(cause: OwnerUnreachableError) {
    super(cause.reason, { code: 'subscription-refused', exitCode: ExitCode.configuration, cause });
  }
}

class NotRunningError extends TickwrightError {
  constructor(dataDir: string) {
    super(`no ingestor works on ${dataDir}; start it first, or change its configuration`, {
      code: 'not-running',
      exitCode: ExitCode.unhealthy,
    });
  }
}

/** Changes a running ingestor's instruments, for good. */
export async function subscribeCommand(terminal: Terminal, flags: SubscribeFlags): Promise<number> {
  const keys = flaggedKeys({ instruments: flags.instruments });
  if (keys.length === 0)
    throw new UsageError(`${flags.action} needs instruments, for example "BINANCE|BTCUSDT"`);
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, terminal);
  if (owner.kind === 'free') throw new NotRunningError(config.dataDir);
  const changes: Change[] = [];
  for (let at = 0; at < keys.length; at += INSTRUMENTS_A_REQUEST) {
    changes.push(await ask(owner, { ...flags, instruments: keys.slice(at, at + INSTRUMENTS_A_REQUEST) }));
  }
  const text =
    flags.json === true ? `${JSON.stringify(changes, null, 2)}\n` : readable(flags.action, changes);
  await print(terminal.stdout, text);
  return ExitCode.ok;
}

async function ask(owner: Owner & { kind: 'running' }, flags: SubscribeFlags): Promise<Change> {
  const { action, instruments, venue } = flags;
  const path = action === 'subscribe' ? '/api/v1/subscriptions' : '/api/v1/subscriptions/remove';
  try {
    const body = { instruments, ...(venue === undefined ? {} : { venue }) };
    return (await (await owner.ask(path, { method: 'POST', body })).json()) as Change;
  } catch (error) {
    const isRefused = error instanceof OwnerUnreachableError && [404, 409].includes(error.status);
    throw isRefused ? new SubscriptionRefusedError(error) : error;
  }
}

function readable(action: SubscribeFlags['action'], changes: readonly Change[]): string {
  const lines = changes.flatMap(({ venue, changed, unchanged, unchecked }) => [
    ...(changed.length > 0 ? [`${venue}: ${action}d ${named(changed)}; also at the next start`] : []),
    ...(unchanged.length > 0
      ? [`${venue}: ${named(unchanged)} ${unchanged.length === 1 ? 'was' : 'were'} so before`]
      : []),
    ...(unchecked === undefined ? [] : [`not checked with the venue: ${unchecked}`]),
  ]);
  return `${lines.join('\n')}\n`;
}

function named(keys: readonly string[]): string {
  if (keys.length <= MAX_NAMED) return keys.join(', ');
  return `${counted(keys.length, 'instrument')} (${keys.slice(0, MAX_NAMED).join(', ')} and ${keys.length - MAX_NAMED} more)`;
}
