import { ExitCode } from '@tickwright/runtime';
import { readStatus } from '@tickwright/store';
import { table } from '../formats.ts';
import { ownerOf } from '../owner.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** The part of the ingestor's status report that is printed; the whole of it comes with --json. */
interface StatusReport {
  readonly ok: boolean;
  readonly ready: boolean;
  readonly phase: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly reasons: readonly string[];
  readonly ages: Readonly<Record<string, number | null>>;
  readonly ticks?: Readonly<Record<string, number>>;
  readonly journal?: { readonly durableOffset: number; readonly nextOffset: number };
  readonly gaps?: readonly { readonly instrument: string; readonly cause: string; readonly state: string }[];
  readonly streams?: readonly {
    readonly venue: string;
    readonly subscriptions: readonly {
      readonly instrument: string;
      readonly state: string;
      readonly lastTickMicros: number;
    }[];
  }[];
}

export async function statusCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, logOf(terminal, config, 'status'));
  if (owner.kind === 'free') return notRunning(terminal, flags, config.dataDir);
  const report = (await (await owner.ask('/api/v1/status')).json()) as StatusReport;
  await print(
    terminal.stdout,
    flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : readable(report),
  );
  return report.ok && report.ready ? ExitCode.ok : ExitCode.unhealthy;
}

async function notRunning(terminal: Terminal, flags: CommonFlags, dataDir: string): Promise<number> {
  const left = await readStatus(dataDir);
  if (flags.json === true) {
    await print(terminal.stdout, `${JSON.stringify({ running: false, published: left ?? null }, null, 2)}\n`);
  } else {
    const published =
      left === undefined ? 'no candles were published yet' : `candles were last published at ${left.time}`;
    await print(terminal.stdout, `no ingestor runs on ${dataDir}; ${published}\n`);
  }
  return ExitCode.unhealthy;
}

function readable(report: StatusReport): string {
  const verdict = report.ok && report.ready ? 'ready' : 'NOT READY';
  const lines = [
    `${verdict}  ingestor, process ${report.pid}, ${report.phase}, up ${duration(report.uptimeMs)}`,
  ];
  for (const reason of report.reasons) lines.push(`  because: ${reason}`);
  const ages = Object.entries(report.ages).map(
    ([name, age]) => `${words(name)} ${age === null ? 'never' : `${age} ms ago`}`,
  );
  lines.push(ages.join(', '));
  if (report.journal !== undefined && report.ticks !== undefined) {
    const { accepted = 0, duplicates = 0 } = report.ticks;
    lines.push(
      `${report.journal.durableOffset} of ${report.journal.nextOffset} frames durable, ${accepted} ticks accepted, ${duplicates} duplicates in this run`,
    );
  }
  const subscriptions = (report.streams ?? []).flatMap((stream) =>
    stream.subscriptions.map((each) => [
      stream.venue,
      each.instrument,
      each.state,
      lastTick(each.lastTickMicros),
    ]),
  );
  if (subscriptions.length > 0)
    lines.push('', table(['venue', 'instrument', 'state', 'last tick'], subscriptions).trimEnd());
  for (const gap of report.gaps ?? []) lines.push(`gap: ${gap.instrument}, ${gap.cause}, ${gap.state}`);
  return `${lines.join('\n')}\n`;
}

function words(name: string): string {
  return name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
}

function lastTick(micros: number): string {
  return micros > 0 ? new Date(micros / 1_000).toISOString() : '-';
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
