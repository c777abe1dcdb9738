import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { candlesCommand } from './commands/candles.ts';
import { configCheckCommand, configShowCommand } from './commands/config.ts';
import { ingestCommand } from './commands/ingest.ts';
import { replayCommand } from './commands/replay.ts';
import { simulateCommand } from './commands/simulate.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { ticksCommand } from './commands/ticks.ts';
import { verifyCommand } from './commands/verify.ts';
import { reportError } from './error-report.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** Runs one command line. Resolves to the process's exit code; errors are reported on stderr in at most three lines. */
export async function run(terminal: Terminal): Promise<number> {
  let code: number = ExitCode.ok;
  const program = commandTree(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...terminal.argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    await reportError(terminal, error);
    return error instanceof TickwrightError ? error.exitCode : ExitCode.failure;
  }
}

type Done = (code: number) => void;

function commandTree(terminal: Terminal, done: Done): Command {
  const program = new Command('tickwright')
    .description('Keeps every tick of your venues and rolls them into candles that can be proved.')
    .version(VERSION)
    .showHelpAfterError('(tickwright --help lists the commands, tickwright <command> --help its flags)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .exitOverride();
  addServices(program, terminal, done);
  addReaders(program, terminal, done);
  addConfig(program, terminal, done);
  return program;
}

function addServices(program: Command, terminal: Terminal, done: Done): void {
  common(program.command('start'), terminal)
    .description(
      'run everything that is configured: simulator, ingestor; without a configuration, the simulated venue',
    )
    .option('--no-ingestor', 'leave the ingestor to another process')
    .action(async (flags) => done(await startCommand(terminal, flags)));
  common(program.command('simulate'), terminal)
    .description("run the simulated venue: WebSocket and REST in Binance's protocol on 127.0.0.1")
    .option('--port <port>', 'port to listen on', wholeNumber)
    .option('--seed <number>', 'the market is a function of this number', wholeNumber)
    .option('--rate <number>', 'trades a second, all instruments together', positiveNumber)
    .action(async (flags) => done(await simulateCommand(terminal, flags)));
  sources(common(program.command('ingest'), terminal))
    .description('take live ticks into the data directory')
    .option('--venue <name>', 'venue to connect to, instead of the configured sources')
    .option('--ws-url <url>', "base address of the venue's WebSocket")
    .option('--rest-url <url>', "base address of the venue's REST interface")
    .option('--stream <kind>', 'trade or aggTrade')
    .action(async (flags) => done(await ingestCommand(terminal, flags)));
  sources(common(program.command('replay <files...>'), terminal))
    .description(
      'take recorded frames (`<ns> <frame>` lines, plain or gzip, or journal files) the way live ones go',
    )
    .requiredOption('--venue <name>', 'venue whose frames they are')
    .option('--speed <factor>', '1, 10 or max', speed, Number.POSITIVE_INFINITY)
    .action(async (files, flags) => done(await replayCommand(terminal, { files, ...flags })));
}

function addReaders(program: Command, terminal: Terminal, done: Done): void {
  common(program.command('candles <instrument>'), terminal)
    .description('print candles; the newest 20 unless a range or --last says otherwise')
    .option('--interval <interval>', '1m 3m 5m 15m 30m 1h 4h 1d', '1m')
    .option('--from <time>', 'first open time, inclusive: ISO 8601, UTC unless it names a zone')
    .option('--to <time>', 'end, exclusive')
    .option('--last <n>', 'only the newest n', positiveInteger)
    .option('--fill', 'flat candles for minutes without a trade')
    .option('--csv', 'comma-separated values')
    .action(async (instrument, flags) => done(await candlesCommand(terminal, { instrument, ...flags })));
  common(program.command('ticks <instrument>'), terminal)
    .description('print stored ticks; the newest 20 unless a range or --last says otherwise')
    .option('--from <time>', 'first event time, inclusive')
    .option('--to <time>', 'end, exclusive')
    .option('--last <n>', 'only the newest n', positiveInteger)
    .option('--count', 'print their number only')
    .option('--csv', 'comma-separated values')
    .action(async (instrument, flags) => done(await ticksCommand(terminal, { instrument, ...flags })));
  common(program.command('verify'), terminal)
    .description('candles against ticks, ticks against trade ids, gaps named; exit 8 when something differs')
    .action(async (flags) => done(await verifyCommand(terminal, flags)));
  common(program.command('status'), terminal)
    .description(
      'what the running ingestor says of itself, or what it left behind; exit 7 when it is not well',
    )
    .action(async (flags) => done(await statusCommand(terminal, flags)));
}

function addConfig(program: Command, terminal: Terminal, done: Done): void {
  const config = program.command('config').description('inspect the configuration');
  common(config.command('check'), terminal)
    .description('check it whole; exit 3 with every error')
    .action(async (flags) => done(await configCheckCommand(terminal, flags)));
  common(config.command('show'), terminal)
    .description('print every value and where it comes from; secrets are hidden')
    .action(async (flags) => done(await configShowCommand(terminal, flags)));
}

function common(command: Command, terminal: Terminal): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return command
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .option('--config <file>', 'configuration file (YAML)')
    .option('--data-dir <dir>', 'data directory (default ./data)')
    .option('--set <key=value>', 'set one configuration value; may be repeated', collect)
    .option('--json', 'results as JSON')
    .option('--log-level <level>', 'debug, info, warn or error')
    .exitOverride();
}

function sources(command: Command): Command {
  return command
    .option('--instruments <keys...>', 'instrument keys, separated by commas or given one by one')
    .option('--symbols <keys...>', 'another name for --instruments');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

function positiveInteger(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('Expected a whole number above 0.');
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  return positiveNumber(text);
}
