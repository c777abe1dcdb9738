import { checkFaults, FaultsError, NO_FAULTS, type Faults } from './faults.ts';

/** What a switch sets when it is just turned on; the first field is the one that a bare number gives. */
const DEFAULTS = {
  dropConnection: { everyMs: 60_000 },
  mute: { everyMs: 120_000, forMs: 20_000 },
  delay: { ms: 500 },
  duplicate: { probability: 0.01 },
  reorder: { probability: 0.01 },
  skipIds: { probability: 0.001 },
  rubbish: { probability: 0.001 },
  serverShutdown: { everyMs: 300_000, graceMs: 5000 },
  rejectConnections: { forMs: 10_000 },
  refuseToken: { forMs: 10_000 },
  http429: { probability: 0.1 },
} as const;

const DAY_MS = 86_400_000;
type SwitchName = keyof typeof DEFAULTS;

/** The names that configuration files use, where they differ. */
const OTHER_NAMES: Readonly<Record<string, SwitchName>> = { drop: 'dropConnection' };

/**
 * Faults from settings as people write them: `{ drop: { everyMs: 5000 }, duplicate: 0.1, reorder: true }`. A switch is
 * off (false, 0, null, absent), on with its usual values (true), on with its main value (a number), or on with some fields
 * (an object). `drop` is another name for `dropConnection`; `close24h` closes at the age of 24 h, or of the number of
 * milliseconds given. Throws a FaultsError for an unknown switch or field, or a wrong value.
 */
export function parseFaults(settings: Readonly<Record<string, unknown>>): Faults {
  const faults: Record<string, unknown> = { ...NO_FAULTS };
  for (const [name, setting] of Object.entries(settings)) {
    if (name === 'close24h' || name === 'closeAfterMs') faults['closeAfterMs'] = parseClose(setting);
    else faults[switchName(name)] = parseSwitch(switchName(name), setting);
  }
  const parsed = faults as unknown as Faults;
  checkFaults(parsed);
  return parsed;
}

function switchName(name: string): SwitchName {
  const known = OTHER_NAMES[name] ?? name;
  if (Object.hasOwn(DEFAULTS, known)) return known as SwitchName;
  const names = ['drop', ...Object.keys(DEFAULTS).slice(1), 'close24h'].join(', ');
  throw new FaultsError(`the simulator has no fault "${name}": it has ${names}`);
}

function parseClose(setting: unknown): unknown {
  if (isOff(setting)) return null;
  if (setting === true) return DAY_MS;
  if (typeof setting === 'object') {
    const [first] = Object.values(setting as object);
    return first ?? DAY_MS;
  }
  return setting;
}

function parseSwitch(name: SwitchName, setting: unknown): unknown {
  const usual: Readonly<Record<string, number>> = DEFAULTS[name];
  if (isOff(setting)) return null;
  if (setting === true) return usual;
  if (typeof setting !== 'object') return { ...usual, [Object.keys(usual)[0]]: setting };
  const unknown = Object.keys(setting as object).find((field) => !Object.hasOwn(usual, field));
  if (unknown === undefined) return { ...usual, ...setting };
  throw new FaultsError(`the fault ${name} has no "${unknown}": it has ${Object.keys(usual).join(', ')}`);
}

function isOff(setting: unknown): boolean {
  return setting === undefined || setting === null || setting === false || setting === 0;
}
