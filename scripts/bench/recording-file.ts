import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { symbolsOf, tradeMessage } from './burst-frames.ts';

const LINES_A_WRITE = 5_000;

/** Writes a recording (`<ns> <frame>` lines) of trades of so many instruments, spread evenly over a span of time. */
export async function writeRecording(options: {
  path: string;
  ticks: number;
  instruments: number;
  fromMicros: number;
  toMicros: number;
}): Promise<void> {
  const { path, ticks, instruments, fromMicros, toMicros } = options;
  const symbols = symbolsOf(instruments);
  const file = createWriteStream(path);
  for (let first = 0; first < ticks; first += LINES_A_WRITE) {
    let text = '';
    for (let tick = first; tick < Math.min(ticks, first + LINES_A_WRITE); tick += 1) {
      const micros = Math.floor(fromMicros + ((toMicros - fromMicros) * tick) / ticks);
      const instrument = tick % instruments;
      const sequence = Math.floor(tick / instruments);
      const timeMs = Math.floor(micros / 1000);
      text += `${micros}000 ${tradeMessage({ symbol: symbols[instrument], instrument, sequence, timeMs })}\n`;
    }
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}
