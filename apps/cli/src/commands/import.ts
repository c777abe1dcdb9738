import { ExitCode, systemClock } from '@tickwright/runtime';
import { catalogue, segments } from '@tickwright/venues';
import type { CandleImport } from '@tickwright/venues';
import { splitKey } from '@tickwright/market';
import { CandleFileFormatError } from '../candle-files/candle-file-error.ts';
import { readCandleFile } from '../candle-files/candle-files.ts';
import type { CandleFormat } from '../candle-files/candle-files.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import { counted } from '../formats.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { flaggedKeys } from '../sources.ts';
import type { SourceFlags } from '../sources.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

export interface ImportFlags extends CommonFlags, SourceFlags {
  readonly files: readonly string[];
  readonly format: CandleFormat;
}

/** Takes candles of files into a data directory in which no ingestor runs, as the venue's own. */
export async function importCommand(terminal: Terminal, flags: ImportFlags): Promise<number> {
  const [key, other] = flaggedKeys(flags);
  if (key === undefined || other !== undefined) {
    throw new UsageError('import takes the candles of one instrument: --instruments "NSE_EQ|INE528G01035"');
  }
  const segment = segments().find((one) => one.segment === splitKey(key).segment);
  if (segment === undefined) throw new UsageError(`no venue here has the segment of "${key}"`);
  const instrument = catalogue.venue(segment.venue).instrument(key);
  const imports: CandleImport[] = [];
  // All are read before anything is opened: a wrong file changes nothing.
  for (const file of flags.files)
    imports.push(...(await readCandleFile(file, { ...flags, instrument: key })));
  if (imports.length === 0) throw new CandleFileFormatError(flags.files.join(', '), 'no file in it');
  const config = await settings(terminal, flags);
  const log = logOf(terminal, config, 'import');
  await prepareDataDirectory(config.dataDir);
  const { importCandles, openOffline } = await import('@tickwright/ingestor');
  await using owned = await openOffline({ config, version: VERSION, clock: systemClock, log });
  await owned.core.begin();
  const counts = await importCandles(owned.core, {
    venue: segment.venue,
    instrument,
    imports: imports.toSorted((a, b) => a.fromMicros - b.fromMicros),
  });
  const late =
    counts.notOver === 0 ? '' : `; ${counted(counts.notOver, 'candle')} not over yet: import again later`;
  const text =
    flags.json === true
      ? `${JSON.stringify({ instrument: key, venue: segment.venue, ...counts })}\n`
      : `${key}: ${counted(counts.candles, 'candle')} of ${counted(counts.days, 'file')} taken in as ${segment.venue}'s own${late}\n`;
  await print(terminal.stdout, text);
  return ExitCode.ok;
}
