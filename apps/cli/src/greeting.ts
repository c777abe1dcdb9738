import type { Config } from '@tickwright/config';
import { counted } from './formats.ts';
import type { CommonFlags } from './settings.ts';

export interface GreetingOptions {
  readonly config: Config;
  readonly flags: CommonFlags;
  readonly addresses: Readonly<Record<string, string>>;
  readonly isIngesting: boolean;
}

/** What a person who has just typed `npm start` wants to know, with commands that can be pasted as they are. */
export function greeting({ config, flags, addresses, isIngesting }: GreetingOptions): string {
  const instruments = config.sources.flatMap((source) => source.instruments);
  const venues = [...new Set(config.sources.map((source) => source.venue))];
  const [first] = instruments;
  const flagged = selecting(flags);
  const { http, runner, venue } = addresses;
  const lines = [
    '',
    isIngesting
      ? `tickwright is running: ${counted(instruments.length, 'instrument')} of ${venues.join(', ')}`
      : 'tickwright is running, without an ingestor',
    ...(venue === undefined ? [] : [`  simulator  ${venue}`]),
    ...(runner === undefined ? [] : [`  scanner    ${runner}/scanner   (paper trading)`]),
    ...(http === undefined ? [] : [`  health     ${http}/health`]),
    `  data       ${config.dataDir}`,
    ...(first === undefined
      ? []
      : [`  candles    npx tickwright candles ${quoted(first)} --last 5${flagged}`]),
    `  status     npx tickwright status${flagged}`,
    isIngesting ? '  Ctrl-C stops it; nothing that was received is lost.' : '  Ctrl-C stops it.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** The flags by which other commands find the same data. */
function selecting(flags: CommonFlags): string {
  const { config, dataDir, set = [] } = flags;
  const isDataSet = dataDir !== undefined;
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(isDataSet ? ['--data-dir', dataDir] : []),
    // Other settings change what runs, not where its data are.
    ...set.filter((pair) => !isDataSet && pair.startsWith('dataDir=')).flatMap((pair) => ['--set', pair]),
  ]
    .map((word) => ` ${quoted(word)}`)
    .join('');
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  if (/^[\w./:=@%+,-]+$/.test(word)) return word;
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : `"${word}"`;
}
