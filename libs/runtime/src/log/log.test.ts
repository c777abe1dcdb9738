import { describe, expect, test } from 'vitest';
import type { Log } from './log.ts';
import { ManualClock } from '../clock/manual-clock.ts';
import { createLog } from './pino-log.ts';
import type { LogOptions } from './pino-log.ts';
import { redactText } from './redaction.ts';
import { sampledLog } from './sampled-log.ts';

function memoryLog(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    name: 'ingestor',
    destination: { write: (line) => void lines.push(line) },
    ...options,
  });
  return { lines, log };
}

describe('the log', () => {
  test('writes one JSON object a line with level, name, time, fields and message', () => {
    const { lines, log } = memoryLog();
    log.info({ offset: 7 }, 'flushed');
    log.debug({}, 'not at this level');
    log.child({ venue: 'binance' }).warn({}, 'stale');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0])).toMatchObject({
      level: 'info',
      name: 'ingestor',
      offset: 7,
      msg: 'flushed',
    });
    expect(JSON.parse(lines[0])).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/));
    expect(JSON.parse(lines[1])).toMatchObject({ level: 'warn', venue: 'binance' });
  });

  test('pretty lines have colours only when asked for', () => {
    const plain = memoryLog({ pretty: true });
    plain.log.warn({ offset: 7 }, 'stale');
    expect(plain.lines.join('')).toContain('stale');
    expect(plain.lines.join('')).not.toContain('\u001B[');
    const coloured = memoryLog({ pretty: true, color: true });
    coloured.log.warn({}, 'stale');
    expect(coloured.lines.join('')).toContain('\u001B[');
  });

  test('an error is written with its stack and causes, and secrets in any of them are hidden', () => {
    for (const pretty of [false, true]) {
      const { lines, log } = memoryLog({ pretty });
      const cause = new Error('GET wss://x.test/feeds?requestId=r-123&code=c-456 failed');
      const err = new Error('Authorization: Bearer eyJhbGciOi.abc-def_ghi was refused', { cause });
      log.error(
        { err, headers: { authorization: 'opaque-789' }, accessToken: 't-000' },
        'token=m-111 refused',
      );
      const text = lines.join('');
      for (const secret of ['r-123', 'c-456', 'eyJhbGciOi', 'opaque-789', 't-000', 'm-111']) {
        expect(text).not.toContain(secret);
      }
      expect(text).toContain('was refused');
      expect(text).toContain('log.test.ts');
    }
  });
});

describe('redaction', () => {
  test.each([
    ['{"token":"abc","n":1}', '{"token":"***","n":1}'],
    ['{"api_key":12345,"x":"y"}', '{"api_key":"***","x":"y"}'],
    ['{"clientSecret":"a\\"b","x":1}', '{"clientSecret":"***","x":1}'],
    ['{"tokens":["a","b"],"x":1}', '{"tokens":"***","x":1}'],
    ['{"msg":"got {\\"password\\":\\"p w\\"}"}', '{"msg":"got {\\"password\\":\\"***\\"}"}'],
    ['Bearer abc.def-123', 'Bearer ***'],
    ['https://h/p?code=abc&x=1', 'https://h/p?code=***&x=1'],
    ['https://h/p?x=1&requestId=r9#f', 'https://h/p?x=1&requestId=***#f'],
    ['wss://user:pw@h/p', 'wss://user:***@h/p'],
    ['access_token=abc;', 'access_token=***;'],
  ])('%s becomes %s', (text, safe) => {
    expect(redactText(text)).toBe(safe);
  });

  test.each([
    '{"code":"ECONNREFUSED","msg":"exit code 3"}',
    'ws://127.0.0.1:9443/stream?streams=btcusdt@trade',
  ])('leaves %s alone', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test('what it makes of a JSON line is a JSON line', () => {
    const line = JSON.stringify({
      token: 'a\\"',
      list: [{ secret: true, n: -1.5e3, apiKey: null }],
      s: 'token="x"',
    });
    expect(() => JSON.parse(redactText(line)) as unknown).not.toThrow();
  });
});

describe('the sampled log', () => {
  function sampled(perKey: number) {
    const lines: { fields: object; message: string }[] = [];
    const write = (fields: object, message: string): void => void lines.push({ fields, message });
    const log: Log = { debug: write, info: write, warn: write, error: write };
    const clock = new ManualClock();
    return { lines, clock, log: sampledLog(log, { perKey, windowMs: 1_000, clock }) };
  }
  const line = (key: string) => ({ key, fields: { key }, message: 'bad frame' });

  test('writes so many lines a key and window and tells the number of the rest afterwards', async () => {
    const { lines, clock, log } = sampled(2);
    for (let index = 0; index < 500; index += 1) log.warn(line('binance'));
    log.warn(line('upstox'));
    expect(lines.map(({ fields }) => fields)).toEqual([
      { key: 'binance' },
      { key: 'binance' },
      { key: 'upstox' },
    ]);
    await clock.advance(999);
    log.flush();
    expect(lines).toHaveLength(3);
    await clock.advance(1);
    log.warn(line('binance'));
    expect(lines.slice(3)).toEqual([
      {
        fields: { key: 'binance', suppressed: 498, windowMs: 1_000 },
        message: 'more lines like this were suppressed',
      },
      { fields: { key: 'binance' }, message: 'bad frame' },
    ]);
  });

  test('flush tells what is due and end tells all, nothing twice', async () => {
    const { lines, clock, log } = sampled(1);
    for (let index = 0; index < 3; index += 1) log.warn(line('a'));
    await clock.advance(1_000);
    log.flush();
    log.flush();
    expect(lines.at(-1)?.fields).toMatchObject({ key: 'a', suppressed: 2 });
    log.warn(line('b'));
    log.warn(line('b'));
    log.end();
    log.end();
    expect(lines.at(-1)?.fields).toMatchObject({ key: 'b', suppressed: 1 });
    expect(lines).toHaveLength(4);
  });

  test('keys made from bad data share one budget when there are too many', () => {
    const { lines, log } = sampled(1);
    for (let index = 0; index < 5_000; index += 1) log.warn(line(`key ${index}`));
    expect(lines).toHaveLength(1_001);
  });
});
