import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseSetFlag } from './config-assignment.ts';
import { ConfigError } from './config-error.ts';
import { formatOrigin, loadConfigText } from './config-loading.ts';
import { ExitCode } from '../errors.ts';

const schema = z.strictObject({
  dataDir: z.string().default('./data'),
  sources: z
    .array(
      z.strictObject({
        venue: z.enum(['binance', 'simulated', 'upstox']),
        instruments: z.array(z.string()).min(1),
        wsUrl: z.string().optional(),
      }),
    )
    .default([]),
  ingestor: z
    .strictObject({
      flushIntervalMs: z.int().min(50).default(500),
      http: z
        .strictObject({ host: z.string().default('127.0.0.1'), port: z.int().default(5001) })
        .prefault({}),
      verbose: z.boolean().default(false),
    })
    .prefault({}),
  feed: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({ kind: z.literal('zeromq'), publish: z.string() }),
    ])
    .default({ kind: 'none' }),
  instruments: z.union([z.int().min(1), z.array(z.string())]).default(5),
});

interface Given {
  readonly text?: string;
  readonly set?: readonly string[];
  readonly env?: Record<string, string>;
}

function load({ text, set = [], env = {} }: Given) {
  return loadConfigText({
    schema,
    file: 'tickwright.yaml',
    ...(text === undefined ? {} : { text }),
    flags: set.map((argument) => parseSetFlag(argument)),
    env,
    otherEnv: [/^TICKWRIGHT_RECORDINGS$/, /^TICKWRIGHT_[A-Z0-9_]+_TOKEN$/],
  });
}

/** The problems of a configuration that is wrong. */
function problems(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('values', () => {
  test('flags go over the environment, that over the file, that over the defaults, and each tells its origin', () => {
    const { value, entries } = load({
      text: 'dataDir: ./file\ningestor:\n  flushIntervalMs: 100\n  http:\n    port: 1\n    host: file\n',
      env: { TICKWRIGHT_INGESTOR_HTTP_PORT: '2', TICKWRIGHT_INGESTOR_HTTP_HOST: 'env', PATH: '/bin' },
      set: ['ingestor.http.port=3', 'ingestor.http.port=4'],
    });
    expect(value.ingestor).toEqual({ flushIntervalMs: 100, http: { host: 'env', port: 4 }, verbose: false });
    expect(Object.fromEntries(entries.map(({ path, origin }) => [path, formatOrigin(origin)]))).toEqual({
      dataDir: 'tickwright.yaml:1',
      sources: 'default',
      'ingestor.flushIntervalMs': 'tickwright.yaml:3',
      'ingestor.http.host': 'TICKWRIGHT_INGESTOR_HTTP_HOST',
      'ingestor.http.port': '--set ingestor.http.port=4',
      'ingestor.verbose': 'default',
      'feed.kind': 'default',
      instruments: 'default',
    });
  });

  test('an empty file is the defaults', () => {
    for (const text of ['', '# nothing\n', '---\n'])
      expect(load({ text }).value.ingestor.flushIntervalMs).toBe(500);
  });

  test.each([
    ['dataDir=123', { dataDir: '123' }],
    ['dataDir=', { dataDir: '' }],
    ['dataDir=a=b', { dataDir: 'a=b' }],
    ['instruments=7', { instruments: 7 }],
    ['instruments=SIM|A,SIM|B', { instruments: ['SIM|A', 'SIM|B'] }],
    ['ingestor.verbose=true', { ingestor: expect.objectContaining({ verbose: true }) }],
    [
      'sources=[{venue: binance, instruments: ["A|B"]}]',
      { sources: [{ venue: 'binance', instruments: ['A|B'] }] },
    ],
    ['feed={kind: zeromq, publish: "tcp://x:1"}', { feed: { kind: 'zeromq', publish: 'tcp://x:1' } }],
  ])('--set %s is read as the schema wants it', (argument, expected) => {
    expect(load({ set: [argument] }).value).toMatchObject(expected);
  });

  test('a flag reaches into a list of the file', () => {
    const text = 'sources:\n  - venue: binance\n    instruments: [A, B]\n';
    const { value, entries } = load({ text, set: ['sources[0].wsUrl=ws://x', 'sources.0.instruments.1=C'] });
    expect(value.sources).toEqual([{ venue: 'binance', instruments: ['A', 'C'], wsUrl: 'ws://x' }]);
    expect(entries.map(({ path, origin }) => `${path} ${formatOrigin(origin)}`)).toEqual(
      expect.arrayContaining([
        'sources[0].instruments[0] tickwright.yaml:3',
        'sources[0].instruments[1] --set sources.0.instruments.1=C',
      ]),
    );
  });

  test('variables are matched whatever their case and underscores, into lists too; empty ones count as unset', () => {
    const { value } = load({
      text: 'sources: [{ venue: binance, instruments: [A] }]',
      env: {
        TICKWRIGHT_DATA_DIR: '/env',
        TICKWRIGHT_Ingestor_FlushIntervalMs: '60',
        TICKWRIGHT_SOURCES_0_WS_URL: 'ws://env',
        TICKWRIGHT_SOURCES_0_INSTRUMENTS: 'B, C',
        TICKWRIGHT_INGESTOR_HTTP_PORT: '',
        TICKWRIGHT_RECORDINGS: '/recordings',
        TICKWRIGHT_UPSTOX_TOKEN: 'secret',
      },
    });
    expect(value).toMatchObject({
      dataDir: '/env',
      sources: [{ venue: 'binance', instruments: ['B', 'C'], wsUrl: 'ws://env' }],
      ingestor: { flushIntervalMs: 60, http: { port: 5001 } },
    });
  });
});

describe('messages', () => {
  test('an unknown key is told with its line, its path and the name that was meant', () => {
    expect(problems({ text: 'dataDir: x\ningestor:\n  http:\n    host: h\n    prot: 5001\n' })).toEqual([
      'tickwright.yaml:5: ingestor.http.prot: unknown key; did you mean "port"?',
    ]);
  });

  test('an unknown key that is like no other is told with those that are known', () => {
    expect(problems({ text: 'ingestor: { http: { colour: red } }' })).toEqual([
      'tickwright.yaml:1: ingestor.http.colour: unknown key; known here: host, port',
    ]);
  });

  test('all problems are told at once, each in one line, with exit code 3', () => {
    const text = [
      'datadir: x',
      'ingestor:',
      '  flushIntervalMs: fast',
      '  http: 5001',
      '  verbose: yes please',
      'sources:',
      '  - venue: binanse',
      '    instruments: []',
      '  - venue: upstox',
      'feed: { kind: zeromqq }',
      'instruments: 0.5',
    ].join('\n');
    const expected = [
      'tickwright.yaml:7: sources[0].venue: expected one of binance, simulated, upstox, found "binanse"; did you mean "binance"?',
      'tickwright.yaml:8: sources[0].instruments: expected at least 1 item, found 0',
      'tickwright.yaml:9: sources[1].instruments: missing; expected a list',
      'tickwright.yaml:3: ingestor.flushIntervalMs: expected a whole number, found "fast"',
      'tickwright.yaml:4: ingestor.http: expected a section, found 5001',
      'tickwright.yaml:5: ingestor.verbose: expected true or false, found "yes please"',
      'tickwright.yaml:10: feed.kind: expected one of none, zeromq, found "zeromqq"; did you mean "zeromq"?',
      'tickwright.yaml:11: instruments: expected a whole number or a list, found 0.5',
      'tickwright.yaml:1: datadir: unknown key; did you mean "dataDir"?',
    ];
    expect(problems({ text })).toEqual(expected);
    expect(() => load({ text })).toThrow(
      expect.objectContaining({ exitCode: ExitCode.configuration, message: expected.join('\n') }),
    );
  });

  test('of alternatives the one of the right kind tells its problem', () => {
    expect(problems({ text: 'instruments: 0' })).toEqual([
      'tickwright.yaml:1: instruments: expected at least 1, found 0',
    ]);
    expect(problems({ text: 'feed:\n  kind: zeromq\n' })).toEqual([
      'tickwright.yaml:1: feed.publish: missing; expected a text',
    ]);
    for (const key of ['publish', 'publis']) {
      expect(problems({ text: `feed:\n  kind: none\n  ${key}: x\n` })).toEqual([
        `tickwright.yaml:3: feed.${key}: unknown key; known here: kind`,
      ]);
    }
  });

  test('a wrong flag or variable is told under its own name', () => {
    expect(
      problems({
        text: 'ingestor:\n  flushIntervalMs: 100\n',
        set: ['ingestor.http.prot=1', 'ingestor.flushIntervalMs=1'],
        env: { TICKWRIGHT_INGESTOR_HTTP_PORT: 'web' },
      }),
    ).toEqual([
      '--set ingestor.flushIntervalMs=1: ingestor.flushIntervalMs: expected at least 50, found 1',
      'TICKWRIGHT_INGESTOR_HTTP_PORT: ingestor.http.port: expected a whole number, found "web"',
      '--set ingestor.http.prot=1: ingestor.http.prot: unknown key; did you mean "port"?',
    ]);
  });

  test('a variable that is no setting is told with the one that was meant', () => {
    expect(
      problems({
        env: {
          TICKWRIGHT_INGESTOR_HTTP_PROT: '1',
          TICKWRIGHT_FLUSH: '1',
          TICKWRIGHT_DATADIR: 'a',
          TICKWRIGHT_DATA_DIR: 'b',
        },
      }),
    ).toEqual([
      'TICKWRIGHT_FLUSH: no such setting',
      'TICKWRIGHT_INGESTOR_HTTP_PROT: no such setting; did you mean "TICKWRIGHT_INGESTOR_HTTP_PORT"?',
      'TICKWRIGHT_DATA_DIR: sets dataDir, and so does TICKWRIGHT_DATADIR; unset one of them',
    ]);
  });

  test('a flag that leads through a value, or beyond a list, leads nowhere', () => {
    expect(problems({ text: 'dataDir: x', set: ['dataDir.sub=1', 'sources[3].wsUrl=ws://x'] })).toEqual([
      '--set dataDir.sub=1: dataDir.sub: leads nowhere: a value on the way is no section or list',
      '--set sources[3].wsUrl=ws://x: sources[3].wsUrl: leads nowhere: a value on the way is no section or list',
    ]);
    expect(() => parseSetFlag('port')).toThrow(
      '--set port: expected NAME=VALUE, for example --set ingestor.http.port=5001',
    );
  });

  test('what is no YAML is told with its line', () => {
    expect(problems({ text: 'dataDir: x\ningestor: { http: \n' })[0]).toMatch(/^tickwright\.yaml:\d: /);
    expect(problems({ text: 'dataDir: x\ndataDir: y\n' })).toEqual([
      'tickwright.yaml:2: Map keys must be unique',
    ]);
    expect(problems({ text: 'dataDir: *nothing\n' })).toEqual([
      'tickwright.yaml:1: Unresolved alias (the anchor must be set before the alias): nothing',
    ]);
    expect(load({ set: ['dataDir=*'] }).value.dataDir).toBe('*');
    expect(problems({ text: '- a\n- b\n' })).toEqual([
      'tickwright.yaml:1: expected settings as "name: value", found "- a"',
    ]);
  });

  test('secrets in wrong values are hidden', () => {
    expect(problems({ set: ['ingestor.http.port=Bearer abcdef'] }).join()).not.toContain('abcdef');
  });

  test('names that JavaScript knows are no settings', () => {
    expect(problems({ set: ['__proto__.x=1'] })).toHaveLength(1);
    expect(problems({ text: 'constructor: 1' })[0]).toContain('constructor: unknown key');
  });
});
