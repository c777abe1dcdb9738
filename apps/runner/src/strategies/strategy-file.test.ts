import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { engineConfig, requireKnown } from '../run-plan.ts';
import { loadStrategyFile } from './strategy-file.ts';
import { openStrategyLibrary } from './strategy-library.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strategy-file-'));
});

afterEach(() => rm(folder, { recursive: true }));

const MINE = `
interface Options { readonly every: number }
export const mine = {
  name: 'mine', description: 'mine', interval: '5m',
  parameters: { safeParse: (value: unknown) => ({ success: true as const, data: value as Options }) },
  warmUp: (): number => 3,
  create: () => ({ onCandle: () => undefined }),
};
`;

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function configOf(runner: object): ReturnType<typeof configSchema.parse> {
  return configSchema.parse({ dataDir: join(folder, 'data'), runner });
}

test("a user's TypeScript file is compiled when it is loaded, and its strategy runs by the file's path", async () => {
  const path = await fileOf('mine.ts', MINE);
  const config = configOf({ strategies: [{ use: path }] });
  const library = await openStrategyLibrary(config);
  const plan = engineConfig({ config, library, described: [] });
  expect(plan.strategies).toMatchObject([{ id: 'mine@5m', use: 'mine', interval: '5m', parameters: {} }]);
  expect(library.find('mine')?.warmUp({}, {} as never)).toBe(3);
});

test('a file that does not compile is told with file, line and column', async () => {
  const path = await fileOf('broken.ts', 'export const a = 1;\nexport const mine = {\n  name: ,\n};\n');
  const loading = loadStrategyFile({ path, cacheFolder: join(folder, 'cache') });
  await expect(loading).rejects.toThrow(/broken\.ts:3:\d+: the strategy does not compile: Unexpected ","/);
  await expect(loading).rejects.toMatchObject({ exitCode: 3 });
});

test.each([
  ['empty.mjs', 'export const nothing = 1;', 'exports no strategy'],
  ['throws.mjs', 'throw new Error("no luck");', 'cannot be loaded: no luck'],
])('%s is refused with what is wrong with it', async (name, text, found) => {
  const path = await fileOf(name, text);
  await expect(loadStrategyFile({ path, cacheFolder: join(folder, 'cache') })).rejects.toThrow(found);
});

test('an unknown strategy names the nearest, wrong parameters their place, unknown fees what there is', async () => {
  const plan = async (runner: object): Promise<unknown> => {
    const config = configOf(runner);
    return engineConfig({ config, library: await openStrategyLibrary(config), described: [] });
  };
  await expect(plan({ strategies: [{ use: 'pixityAI_mta' }] })).rejects.toThrow(
    'did you mean "pixityAI_meta"?',
  );
  const wrong = { use: 'moving_average_cross', params: { fast: 'x' } };
  const lone = { use: 'pixityAI_meta', params: { members: [{ use: 'rsi_reversl' }] } };
  await expect(plan({ strategies: [lone] })).rejects.toThrow(/pixityAI_meta.*no strategy "rsi_reversl"/);
  await expect(plan({ candles: 'feed' })).rejects.toThrow('feed.kind is none');
  await expect(plan({ strategies: [wrong] })).rejects.toThrow(/moving_average_cross.*params\.fast/);
  await expect(plan({ paper: { fees: 'nse-intrday' } })).rejects.toThrow('did you mean "nse-intraday"?');
  await expect(plan({ strategies: [{ use: './none.ts' }] })).rejects.toThrow('no such strategy file');
});

test('an instrument that nobody takes in is refused by its nearest, once anything was taken in', () => {
  const config = configOf({ instruments: ['SIM|ALFA'] });
  requireKnown(config, []);
  const row = {
    key: 'SIM|ALPHA',
    venueSymbol: 'ALPHA',
    priceDecimals: 2,
    quantityDecimals: 2,
    calendar: 'always',
  };
  expect(() => requireKnown(config, [row])).toThrow(
    '"SIM|ALFA" is not taken in here; did you mean "SIM|ALPHA"?',
  );
});

test('without a configuration there is something to see: a cross of averages and pixityAI_meta on all instruments', async () => {
  const config = configOf({});
  const plan = engineConfig({ config, library: await openStrategyLibrary(config), described: [] });
  expect(plan.strategies.map(({ id }) => id)).toEqual(['moving_average_cross@1m', 'pixityAI_meta@1m']);
  expect(plan.instruments).toHaveLength(5);
});
