import { Argument, Command, CommanderError, Option } from 'commander';
import {
  common,
  portNumber,
  positiveInteger,
  positiveNumber,
  range,
  sources,
  speed,
  urlOf,
  wholeNumber,
} from './options.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

// Commands are loaded when they are run: `--help` and a mistyped flag need none of them, `candles` no web server.

/** ExitCode.usage of the runtime, which is not loaded for a usage error. */
const USAGE = 2;

/** Runs one command line. Resolves to the process's exit code; errors are reported on stderr in at most three lines. */
export async function run(terminal: Terminal): Promise<number> {
  let code = 0;
  const program = commandTree(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...terminal.argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const { reportError } = await import('./error-report.ts');
    return await reportError(terminal, error);
  }
}

type Done = (code: number) => void;

function commandTree(terminal: Terminal, done: Done): Command {
  // Commands inherit these settings when they are added.
  const program = new Command('tickwright')
    .description('Keeps every tick of your venues and rolls them into candles that can be proved.')
    .version(VERSION)
    .showHelpAfterError('(tickwright --help lists the commands, tickwright <command> --help its flags)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'tickwright: ')),
    })
    .exitOverride();
  addServices(program, terminal, done);
  addRunner(program, terminal, done);
  addPaper(program, terminal, done);
  addReplay(program, terminal, done);
  addImport(program, terminal, done);
  addReaders(program, terminal, done);
  addBackups(program, terminal, done);
  addJobs(program, terminal, done);
  addSubscriptions(program, terminal, done);
  addToken(program, terminal, done);
  addFeed(program, terminal, done);
  addCalendar(program, terminal, done);
  addConfig(program, terminal, done);
  return program;
}

function addServices(program: Command, terminal: Terminal, done: Done): void {
  common(program.command('start'))
    .description(
      'run everything that is configured: simulator, ingestor, runner; without a configuration, the simulated venue',
    )
    .option('--no-ingestor', 'leave the ingestor to another process')
    .option('--no-runner', 'take data in only: no strategies, no scanner')
    .option('--single-process', "the runner as a thread of the ingestor's process")
    .action(async (flags) => {
      const { startCommand } = await import('./commands/start.ts');
      done(await startCommand(terminal, flags));
    });
  common(program.command('simulate'))
    .description("run the simulated venue: WebSocket and REST in a venue's protocol on 127.0.0.1")
    .addOption(
      new Option('--protocol <venue>', 'whose protocol it speaks').choices([
        'binance',
        'coinbase',
        'kraken',
        'upstox',
      ]),
    )
    .option('--port <port>', 'port to listen on', portNumber)
    .option('--seed <number>', 'the market is a function of this number', wholeNumber)
    .option('--rate <number>', 'trades a second, all instruments together', positiveNumber)
    .action(async (flags) => {
      const { simulateCommand } = await import('./commands/simulate.ts');
      done(await simulateCommand(terminal, flags));
    });
  sources(common(program.command('ingest')))
    .description('take live ticks into the data directory')
    .option('--venue <name>', 'venue to connect to, instead of the configured sources')
    .option('--ws-url <url>', "base address of the venue's WebSocket", urlOf(['ws:', 'wss:']))
    .option('--rest-url <url>', "base address of the venue's REST interface", urlOf(['http:', 'https:']))
    .addOption(
      new Option('--stream <kind>', 'single trades or aggregated ones').choices(['trade', 'aggTrade']),
    )
    .addOption(new Option('--with-runner', 'run strategies in a thread of this process').hideHelp())
    .action(async (flags) => {
      const { ingestCommand } = await import('./commands/ingest.ts');
      done(await ingestCommand(terminal, flags));
    });
}

function addRunner(program: Command, terminal: Terminal, done: Done): void {
  sources(common(program.command('run')))
    .description('run strategies in paper mode on candles that an ingestor publishes, and serve the scanner')
    .addOption(
      new Option('--mode <mode>', 'paper: live; replay: what a run has consumed; backtest: stored candles')
        .choices(['paper', 'replay', 'backtest'])
        .default('paper'),
    )
    .option('--strategies <names...>', 'strategies by name or file, separated by commas or given one by one')
    .option('--interval <interval>', 'of the strategies, instead of their own')
    .addOption(new Option('--candles <source>', 'where candles come from').choices(['files', 'feed']))
    .option('--zmq', 'the same as --candles feed')
    .option('--from <time>', 'replay and backtest: begin, inclusive')
    .option('--to <time>', 'replay and backtest: end, exclusive')
    .option('--speed <factor>', 'replay and backtest: 1, 10 or max', speed, Number.POSITIVE_INFINITY)
    .option('--ledger <file>', 'replay and backtest: where the results go; a new file')
    .action(async (flags) => {
      const { runCommand } = await import('./commands/run.ts');
      done(await runCommand(terminal, flags));
    });
}

function addPaper(program: Command, terminal: Terminal, done: Done): void {
  const paper = program
    .command('paper')
    .description('the paper account: of the running runner, or as it was left');
  const about: Readonly<Record<string, string>> = {
    status: 'the account, the strategies, and how the runner stands',
    orders: 'orders as they stand, newest first',
    fills: 'fills, newest first',
    positions: 'what is held',
    pnl: 'profit and loss, made of the fills alone and compared with the account',
  };
  for (const [view, description] of Object.entries(about)) {
    common(paper.command(view))
      .description(description)
      .option('--last <n>', 'only the newest n', positiveInteger, 200)
      .option('--ledger <file>', 'another ledger, of a replay for example')
      .addOption(new Option('--csv', 'comma-separated values').conflicts('json'))
      .action(async (flags) => {
        const { paperCommand } = await import('./commands/paper.ts');
        done(await paperCommand(terminal, { view, ...flags }));
      });
  }
  common(paper.command('reset'))
    .description('begin with a new account; the old ledger is kept beside it')
    .option('--yes', 'really')
    .action(async (flags) => {
      const { paperResetCommand } = await import('./commands/paper-reset.ts');
      done(await paperResetCommand(terminal, flags));
    });
}

function addReplay(program: Command, terminal: Terminal, done: Done): void {
  sources(common(program.command('replay <files...>')))
    .description(
      'take recorded frames (`<ns> <frame>` lines, plain or gzip, or journal files) the way live ones go',
    )
    .requiredOption('--venue <name>', 'venue whose frames they are')
    .option('--speed <factor>', '1, 10 or max', speed, Number.POSITIVE_INFINITY)
    .action(async (files, flags) => {
      const { replayCommand } = await import('./commands/replay.ts');
      done(await replayCommand(terminal, { files, ...flags }));
    });
}

function addImport(program: Command, terminal: Terminal, done: Done): void {
  sources(common(program.command('import <files...>')))
    .description("take one-minute candles of files (plain, gzip or zip) as the venue's own")
    .addOption(
      new Option(
        '--format <format>',
        'nse-minutes: a day a file, named by its date; csv: open_time,open,high,low,close,volume',
      )
        .choices(['nse-minutes', 'csv'])
        .makeOptionMandatory(),
    )
    .action(async (files, flags) => {
      const { importCommand } = await import('./commands/import.ts');
      done(await importCommand(terminal, { files, ...flags }));
    });
}

function addReaders(program: Command, terminal: Terminal, done: Done): void {
  range(common(program.command('candles <instrument>')))
    .description('print candles; the newest 20 unless a range or --last says otherwise')
    .option('--interval <interval>', '1m 3m 5m 15m 30m 1h 4h 1d', '1m')
    .option('--fill', 'flat candles for minutes without a trade')
    .action(async (instrument, flags) => {
      const { candlesCommand } = await import('./commands/candles.ts');
      done(await candlesCommand(terminal, { instrument, ...flags }));
    });
  range(common(program.command('ticks <instrument>')))
    .description('print stored ticks; the newest 20 unless a range or --last says otherwise')
    .addOption(new Option('--count', 'print their number only').conflicts('last'))
    .action(async (instrument, flags) => {
      const { ticksCommand } = await import('./commands/ticks.ts');
      done(await ticksCommand(terminal, { instrument, ...flags }));
    });
  sources(common(program.command('verify')))
    .description('candles against ticks, ticks against trade ids, gaps named; exit 8 when something differs')
    .option(
      '--coverage',
      'expected minutes against candles, per instrument and day; exit 8 when some are missing',
    )
    .option('--from <time>', 'with --coverage: begin, inclusive: ISO 8601, UTC unless it names a zone')
    .option('--to <time>', 'with --coverage: end, exclusive')
    .action(async (flags) => {
      const { verifyCommand } = await import('./commands/verify.ts');
      done(await verifyCommand(terminal, flags));
    });
  common(program.command('doctor'))
    .description('what is wrong with this machine and what is stored; exit 4 when something stored is')
    .option('--repair', 'set aside what is damaged and make it anew; nothing is deleted')
    .action(async (flags) => {
      const { doctorCommand } = await import('./commands/doctor.ts');
      done(await doctorCommand(terminal, flags));
    });
  common(program.command('status'))
    .description(
      'what the running ingestor says of itself, or what it left behind; exit 7 when it is not well',
    )
    .action(async (flags) => {
      const { statusCommand } = await import('./commands/status.ts');
      done(await statusCommand(terminal, flags));
    });
}

function addBackups(program: Command, terminal: Terminal, done: Done): void {
  common(program.command('backup'))
    .description('make a consistent backup, also while the ingestor runs, or list those there are')
    .addArgument(new Argument('[action]', 'what to do').choices(['now', 'list']).default('now'))
    .action(async (action, flags) => {
      const { backupCommand } = await import('./commands/backup.ts');
      done(await backupCommand(terminal, { action, ...flags }));
    });
  common(program.command('restore <backup>'))
    .description(
      'check a backup (its name, its folder, or latest), then put it in place; keeps what it replaces',
    )
    .option('--runner', "the runner's paper ledger, instead of the ingestor's data")
    .action(async (backup, flags) => {
      const { restoreCommand } = await import('./commands/restore.ts');
      done(await restoreCommand(terminal, { backup, ...flags }));
    });
}

function addJobs(program: Command, terminal: Terminal, done: Done): void {
  common(program.command('jobs'))
    .description('durable jobs: recovery and what else is done in steps; retry or cancel one')
    .addArgument(new Argument('[action]', 'what to do').choices(['list', 'retry', 'cancel']).default('list'))
    .argument('[id]', 'id of a job or a run, for retry and cancel')
    .option('--tree', 'each run with its jobs, and what they were expanded into')
    .action(async (action, id, flags) => {
      const { jobsCommand } = await import('./commands/jobs.ts');
      done(await jobsCommand(terminal, { action, id, ...flags }));
    });
}

function addSubscriptions(program: Command, terminal: Terminal, done: Done): void {
  for (const [action, what] of [
    ['subscribe', 'take in more instruments'],
    ['unsubscribe', 'take some instruments in no longer'],
  ] as const) {
    common(program.command(`${action} <instruments...>`))
      .description(`${what}, in the running ingestor and at its next starts`)
      .option('--venue <name>', 'venue that has them, where several may')
      .action(async (instruments, flags) => {
        const { subscribeCommand } = await import('./commands/subscribe.ts');
        done(await subscribeCommand(terminal, { action, instruments, ...flags }));
      });
  }
}

function addToken(program: Command, terminal: Terminal, done: Done): void {
  common(program.command('token <venue>'))
    .description("renew a venue's token, also while the ingestor runs; the new one comes on standard input")
    .option('--file <file>', 'read the new token from a file')
    .action(async (venue, flags) => {
      const { tokenCommand } = await import('./commands/token.ts');
      done(await tokenCommand(terminal, { venue, ...flags }));
    });
}

function addFeed(program: Command, terminal: Terminal, done: Done): void {
  const feed = program.command('feed').description('what the ZeroMQ feed needs');
  common(feed.command('keys [file]'))
    .description('make a pair of CURVE keys for a feed that other machines can reach; prints the public one')
    .action(async (file, flags) => {
      const { feedKeysCommand } = await import('./commands/feed-keys.ts');
      done(await feedKeysCommand(terminal, { ...flags, ...(file === undefined ? {} : { file }) }));
    });
}

function addCalendar(program: Command, terminal: Terminal, done: Done): void {
  const calendar = program.command('calendar').description('when the venues trade');
  const segment = [
    '[segment]',
    'a segment (NSE_EQ), a calendar (nse); else those of the configured instruments',
  ] as const;
  const day = 'YYYY-MM-DD, in the zone of the venue';
  common(calendar.command('show').argument(...segment))
    .description('sessions, special days and holidays; two weeks from today unless told')
    .option('--from <date>', `first day: ${day}`)
    .option('--to <date>', 'last day, inclusive')
    .action(async (name, flags) => {
      const { calendarShowCommand } = await import('./commands/calendar.ts');
      done(await calendarShowCommand(terminal, { name, ...flags }));
    });
  common(calendar.command('next').argument(...segment))
    .description('whether it is open, until when, and when the next session is')
    .action(async (name, flags) => {
      const { calendarNextCommand } = await import('./commands/calendar.ts');
      done(await calendarNextCommand(terminal, { name, ...flags }));
    });
  common(calendar.command('check').argument(...segment))
    .description(
      'whether there are data for the days to come, and whether a venue or a list says the same; exit 8 when not',
    )
    .option('--venue <name>', "compare with the venue's own holidays, hours and status")
    .option('--rest-url <url>', "base address of the venue's REST interface", urlOf(['http:', 'https:']))
    .option(
      '--list <file>',
      'compare with a list of sessions: CSV with a header and columns open and close, ISO 8601 or blank',
    )
    .option('--from <date>', `first day: ${day}`)
    .option('--to <date>', 'last day, inclusive')
    .action(async (name, flags) => {
      const { calendarCheckCommand } = await import('./commands/calendar-check.ts');
      done(await calendarCheckCommand(terminal, { name, ...flags }));
    });
}

function addConfig(program: Command, terminal: Terminal, done: Done): void {
  const config = program.command('config').description('inspect the configuration');
  common(config.command('check'))
    .description('check it whole; exit 3 with every error')
    .action(async (flags) => {
      const { configCheckCommand } = await import('./commands/config.ts');
      done(await configCheckCommand(terminal, flags));
    });
  common(config.command('show'))
    .description('print every value and where it comes from; secrets are hidden')
    .action(async (flags) => {
      const { configShowCommand } = await import('./commands/config.ts');
      done(await configShowCommand(terminal, flags));
    });
}
