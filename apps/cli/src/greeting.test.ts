import { loadConfig } from '@tickwright/config';
import { expect, test } from 'vitest';
import { greeting } from './greeting.ts';

async function greeted(flags: { config?: string; dataDir?: string; set?: string[] }, set: string[] = []) {
  const { config } = await loadConfig({ flags: set, env: {} });
  return greeting({ config, flags, addresses: { http: 'http://127.0.0.1:5001' }, isIngesting: true });
}

test('names commands that work as they are pasted', async () => {
  const text = await greeted({});
  expect(text).toContain('npx tickwright candles "SIM|ALPHA" --last 5\n');
  expect(text).toContain('npx tickwright status\n');
  expect(text).toContain('http://127.0.0.1:5001/health');
});

test('repeats the flags by which the data are found, quoted for a shell, and the configured instruments', async () => {
  const set = ['sources=[{"venue":"binance","instruments":["BINANCE|BTCUSDT"]}]'];
  const text = await greeted({ config: 'my config.yaml', dataDir: "/data/it's", set: ['dataDir=x'] }, set);
  const flags = String.raw`--config "my config.yaml" --data-dir "/data/it's"`;
  expect(text).toContain(`npx tickwright candles "BINANCE|BTCUSDT" --last 5 ${flags}\n`);
  expect(text).toContain('1 instrument of binance');
  expect(await greeted({ set: ['dataDir=/tmp/x', 'log.level=warn'] })).toContain(
    'npx tickwright status --set dataDir=/tmp/x\n',
  );
});
