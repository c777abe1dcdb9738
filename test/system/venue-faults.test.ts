import { afterAll, expect, test } from 'vitest';
import { comparison, isNamed, storedTicks } from './venue-script.ts';
import { Process, cleanUp, eventually, freePort, temporaryFolder, tickwright } from './harness.ts';

// Side by side: each has processes and a folder of its own, and waits for its faults most of the time.
afterAll(() => cleanUp());

const INSTRUMENTS = ['SIM|ALPHA', 'SIM|CHARLIE', 'SIM|DELTA'];
const RATE = 300;
/** For what a machine with all of them may delay. */
const LIMIT_MS = 180_000;
/** Of each instrument, before the run is ended. */
const TICKS_COMPARED = 30;
/** With this seed the market makes BRAVO the quiet one of five. */
const SEED = 1;

/** The venue's faults, each strong enough to show within seconds, and what must be seen of it. */
const FAULTS: readonly {
  readonly name: string;
  readonly faults: string;
  /** A pattern that the metrics must match before the run ends. */
  readonly seen: RegExp;
  /** Whether ids may be missing; then they must stand in the ledger. */
  readonly losesIds: boolean;
}[] = [
  {
    name: 'dropped connections',
    faults: '{drop: {everyMs: 1500}}',
    seen: /stream_reconnects_total\{[^}]*\} [2-9]/,
    losesIds: true,
  },
  {
    name: 'duplicated frames',
    faults: '{duplicate: 0.2}',
    seen: /ticks_duplicate_total [1-9]\d/,
    losesIds: false,
  },
  {
    name: 'reordered frames',
    faults: '{reorder: 0.2}',
    seen: /ticks_accepted_total [1-9]\d{2}/,
    losesIds: false,
  },
  {
    name: 'mute moments',
    faults: '{mute: {everyMs: 3000, forMs: 1000}}',
    seen: /gaps_open [1-9]/,
    losesIds: true,
  },
  { name: 'skipped ids', faults: '{skipIds: 0.05}', seen: /gaps_open [1-9]/, losesIds: true },
  {
    name: 'rubbish between the frames',
    faults: '{rubbish: 0.1}',
    seen: /frames_rejected_total\{[^}]*malformed"\} [1-9]/,
    losesIds: false,
  },
  {
    name: 'delayed frames',
    faults: '{delay: {ms: 300}}',
    seen: /ticks_accepted_total [1-9]\d{2}/,
    losesIds: false,
  },
  {
    name: 'the close after 24 h',
    faults: '{close24h: 2500}',
    seen: /stream_(reconnects|handovers)_total\{[^}]*\} [1-9]/,
    losesIds: true,
  },
  {
    // Time for a handover on a machine that has all of these scenes at once.
    name: 'serverShutdown',
    faults: '{serverShutdown: {everyMs: 6000, graceMs: 5000}}',
    seen: /stream_handovers_total\{[^}]*\} [1-9]/,
    losesIds: false,
  },
];

/** Whether every instrument has so many stored ticks that a comparison says something. */
async function haveTicks(httpPort: number): Promise<boolean> {
  for (const instrument of INSTRUMENTS) {
    const url = `http://127.0.0.1:${httpPort}/api/v1/ticks/count?instrument=${encodeURIComponent(instrument)}`;
    const { count } = JSON.parse(await (await fetch(url)).text());
    if (count < TICKS_COMPARED) return false;
  }
  return true;
}

for (const { name, faults, seen, losesIds } of FAULTS) {
  test.concurrent(
    `with ${name} every id is stored once, or stands in the gap ledger and is named by verify`,
    async () => {
      const folder = temporaryFolder();
      const [venuePort, httpPort] = [await freePort(), await freePort()];
      const common = [
        '--data-dir',
        folder,
        '--set',
        `simulator.port=${venuePort}`,
        '--set',
        `ingestor.http.port=${httpPort}`,
        '--set',
        // Hours of candles of a market this fast are a lot to fold for the simulator, and nothing to this test.
        'ingestor.recovery.warmUpHours=0',
        '--set',
        `sources=[{venue: simulated, instruments: ${JSON.stringify(INSTRUMENTS)}}]`,
      ];
      const simulator = new Process([
        'simulate',
        ...common,
        '--rate',
        String(RATE),
        '--seed',
        String(SEED),
        '--set',
        `simulator.faults=${faults}`,
      ]);
      await simulator.until(/simulating a market/, LIMIT_MS);
      const ingestor = new Process(['ingest', ...common]);
      const metrics = async (): Promise<string | undefined> =>
        fetch(`http://127.0.0.1:${httpPort}/metrics`).then(
          (response) => response.text(),
          () => undefined,
        );
      await eventually(
        async () => {
          const text = await metrics();
          return text !== undefined && seen.test(text) && (await haveTicks(httpPort)) ? text : undefined;
        },
        { limitMs: LIMIT_MS, what: () => `${seen} in the metrics; the ingestor said:\n${ingestor.stderr}` },
      );
      ingestor.kill('SIGTERM');
      expect((await ingestor.ended).code).toBe(0);

      const report = await tickwright(['verify', '--json', '--data-dir', folder]);
      const { problems, openGaps }: { problems: unknown[]; openGaps: string[] } = JSON.parse(report.stdout);
      expect(problems).toEqual([]);
      expect(report.code).toBe(0);
      const market = { seed: SEED, instruments: 5, ratePerSecond: RATE };
      const stored = await storedTicks(folder, INSTRUMENTS);
      for (const [at, instrument] of INSTRUMENTS.entries()) {
        const found = comparison({ ticks: stored[at] ?? [], instrument, market });
        expect(found.stored).toBeGreaterThanOrEqual(TICKS_COMPARED);
        expect(found).toMatchObject({ different: 0, twice: 0 });
        const unnamed = found.missing.filter((id) => !isNamed(id, instrument, openGaps));
        expect(unnamed, 'missing and not named by verify').toEqual([]);
        if (!losesIds) expect(found.missing).toEqual([]);
      }
    },
    3 * LIMIT_MS,
  );
}
