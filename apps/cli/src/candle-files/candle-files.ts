import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { CandleImport } from '@tickwright/venues';
import { CandleFileFormatError } from './candle-file-error.ts';
import { readCsvCandles } from './csv-candles.ts';
import { readNseMinutes } from './nse-minutes.ts';
import { isZip, zipEntries } from './zip-entries.ts';

export const CANDLE_FORMATS = ['nse-minutes', 'csv'] as const;
export type CandleFormat = (typeof CANDLE_FORMATS)[number];

const GZIP = 0x1f8b;
const UNPACKED_MAX = 256 * 1024 * 1024;

const READERS = { 'nse-minutes': readNseMinutes, csv: readCsvCandles } as const;

/** All that a file holds, plain, gzip or an archive of several; read whole, so that a wrong line refuses all of it. */
export async function readCandleFile(
  path: string,
  { format, instrument }: { format: CandleFormat; instrument: string },
): Promise<CandleImport[]> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new CandleFileFormatError(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
  const read = READERS[format];
  if (isZip(bytes)) {
    return zipEntries(bytes, path).map((entry) =>
      read(
        { path: `${path}!${entry.name}`, name: entry.name, text: entry.bytes.toString('utf8') },
        instrument,
      ),
    );
  }
  const text = bytes.length > 2 && bytes.readUInt16BE(0) === GZIP ? unzipped(bytes, path) : bytes;
  return [read({ path, name: path, text: text.toString('utf8') }, instrument)];
}

function unzipped(bytes: Buffer, path: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_MAX });
  } catch (cause) {
    throw new CandleFileFormatError(path, 'is a damaged gzip file', cause);
  }
}
