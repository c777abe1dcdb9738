import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { RecordingError } from '../journal-errors.ts';
import { readRecording } from './recording.ts';
import { inFolder } from '../frames-fixture.ts';

const folder =
  process.env['TICKWRIGHT_RECORDINGS'] ??
  fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const hasRecordings = existsSync(join(folder, 'binance'));
const note = hasRecordings ? '' : ' (skipped: recordings absent)';

interface Frame {
  readonly offset: number;
  readonly receiveTime: number;
  readonly text: string;
}

async function framesOf(path: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const block of readRecording(path, { venue: 'binance' })) {
    for (let i = 0; i < block.count; i++) {
      const text = block.bytes.toString('utf8', block.start[i], block.end[i]);
      frames.push({ offset: block.firstOffset + i, receiveTime: block.receiveTime[i], text });
    }
  }
  return frames;
}

describe('a real recording', () => {
  test.skipIf(!hasRecordings).each([
    ['btcusdt_20240808.gz', 41_249, 1_723_161_253_937_085, 1_723_161_599_999_231],
    ['btcusdt_20240809.gz', 58_325, 1_723_161_600_001_658, 1_723_161_904_535_092],
    ['ethusdt_20240808.gz', 33_618, 1_723_161_254_024_619, 1_723_161_599_900_862],
    ['BINANCE.ws.1.0', 265, 1_633_998_512_063_356, 1_633_998_542_077_861],
  ])(`%s gives all its frames, from the first time to the last${note}`, async (file, count, first, last) => {
    const frames = await framesOf(join(folder, 'binance', file));
    expect(frames).toHaveLength(count);
    expect(frames[0]).toMatchObject({ offset: 0, receiveTime: first });
    expect(frames.at(-1)).toMatchObject({ offset: count - 1, receiveTime: last });
    for (const [i, frame] of frames.entries()) {
      if (frame.offset !== i || !frame.text.startsWith('{') || !frame.text.endsWith('}')) {
        throw new Error(`frame ${i} is ${frame.text}`);
      }
    }
  });

  test.skipIf(!hasRecordings)(
    `tells its progress up to the file's end, and how many connection lines it skipped${note}`,
    async () => {
      const recording = readRecording(join(folder, 'coinbase', 'COINBASE.ws.28.0'), { venue: 'coinbase' });
      expect(recording.progress.bytesTotal).toBe(0);
      let before = 0;
      let blocks = 0;
      for await (const block of recording) {
        expect(recording.progress.bytesRead).toBeGreaterThanOrEqual(before);
        expect(block.sources).toEqual([{ venue: 'coinbase', connection: 'recording', kind: 1 }]);
        before = recording.progress.bytesRead;
        blocks++;
      }
      expect(blocks).toBeGreaterThan(1);
      const { bytesRead, bytesTotal, connectionLines, frames } = recording.progress;
      expect(bytesRead).toBe(bytesTotal);
      expect(connectionLines).toBeGreaterThan(1);
      const lines = (await readFile(join(folder, 'coinbase', 'COINBASE.ws.28.0'), 'utf8')).split('\n');
      expect(frames).toBe(lines.filter((line) => line !== '' && !line.startsWith('wss')).length);
    },
  );
});

describe('a recording', () => {
  test('is read exactly: times are cut to microseconds by their digits, frames keep every byte', () =>
    inFolder(async (directory) => {
      const path = join(directory, 'r');
      const lines = [
        '1723161253937085999 {"a":"ü 1: 2"}',
        '',
        'wss://somewhere <-> 1',
        '1633998512.1: {"b":1}\r',
        '  ',
        '1633998513: x',
        '1633998513.9999999: [1] ',
        '9007199254740992123 last, no line end',
      ];
      await writeFile(path, lines.join('\n'));
      const frames = await framesOf(path);
      expect(frames).toEqual([
        { offset: 0, receiveTime: 1_723_161_253_937_085, text: '{"a":"ü 1: 2"}' },
        { offset: 1, receiveTime: 1_633_998_512_100_000, text: '{"b":1}' },
        { offset: 2, receiveTime: 1_633_998_513_000_000, text: 'x' },
        { offset: 3, receiveTime: 1_633_998_513_999_999, text: '[1] ' },
        { offset: 4, receiveTime: 9_007_199_254_740_992, text: 'last, no line end' },
      ]);
    }));

  test('of several gzip members, with lines over their edges and longer than any window, is one recording', () =>
    inFolder(async (directory) => {
      const path = join(directory, 'named-without-ending');
      const long = 'z'.repeat(3_000_000);
      const text = Array.from({ length: 9_000 }, (_, i) => `${1_723_161_253_937_085 + i}768 {"n":${i}}\n`);
      text.splice(5_000, 0, `1723161253937085768 ${long}\n`);
      const whole = Buffer.from(text.join(''));
      const parts = [whole.subarray(0, 1_000), whole.subarray(1_000, 200_001), whole.subarray(200_001)];
      await writeFile(path, Buffer.concat(parts.map((part) => gzipSync(part))));
      const frames = await framesOf(path);
      expect(frames).toHaveLength(9_001);
      expect(frames[5_000].text).toBe(long);
      expect(frames[9_000].text).toBe('{"n":8999}');
    }));

  test.each([
    ['1723161253937085 {"micros":1}', 'nanoseconds since 1970, 19 digits'],
    ['1723161253937 {"millis":1}', 'found "1723161253937'],
    ['{"no":"time"}', 'found "{\\"no\\":\\"time\\"}"'],
    ['1723161253937085768', 'found "1723161253937085768"'],
    ['1723161253937085768 ', 'a time without a frame'],
    ['1633998512.: {}', 'found "1633998512.: {}"'],
    ['1633998512.5 {}', 'seconds since 1970'],
    ['-723161253937085768 {}', 'found'],
  ])(
    'with the broken line %j names file, line and what was expected, after the frames before it',
    (line, part) =>
      inFolder(async (directory) => {
        const path = join(directory, 'broken');
        await writeFile(
          path,
          `1723161253937085768 {}\n\n1723161253937085768 {}\n${line}\n1723161253937085768 {}\n`,
        );
        let frames = 0;
        const reading = async (): Promise<void> => {
          for await (const block of readRecording(path, { venue: 'binance' })) frames += block.count;
        };
        await expect(reading()).rejects.toThrow(RecordingError);
        expect(frames).toBe(2);
        await expect(reading()).rejects.toThrow(`${path}:4:`);
        await expect(reading()).rejects.toThrow(part);
      }),
  );

  test('that is missing, a folder, cut off or damaged within its compression is an error that names it', () =>
    inFolder(async (directory) => {
      await expect(framesOf(join(directory, 'none'))).rejects.toThrow('none: found no such file');
      await expect(framesOf(directory)).rejects.toThrow(RecordingError);
      const lines = Array.from(
        { length: 50_000 },
        (_, i) => `${1_723_161_253_937_085 + i * 7919}768 {"n":${i}}\n`,
      );
      const whole = gzipSync(lines.join(''));
      const path = join(directory, 'cut.gz');
      await writeFile(path, whole.subarray(0, whole.length - 100));
      await expect(framesOf(path)).rejects.toThrow(/cut\.gz:\d{4,}: .*expected a whole gzip file/);
      whole[Math.floor(whole.length / 2)] ^= 0xff;
      await writeFile(path, whole);
      await expect(framesOf(path)).rejects.toThrow(RecordingError);
    }));

  test('stops when it is aborted', () =>
    inFolder(async (directory) => {
      const path = join(directory, 'r');
      await writeFile(path, '1723161253937085768 {}\n'.repeat(10_000));
      const abort = new AbortController();
      let blocks = 0;
      const reading = async (): Promise<void> => {
        for await (const _ of readRecording(path, { venue: 'binance', signal: abort.signal })) {
          blocks++;
          abort.abort(new Error('stopped'));
        }
      };
      await expect(reading()).rejects.toThrow('stopped');
      expect(blocks).toBe(1);
    }));
});
