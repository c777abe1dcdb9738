import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * For a main.ts: the first SIGTERM or SIGINT calls `stop` (begin to drain), the second one calls `exit` at once with
 * the code that shells use for a death by that signal (128 + its number). Returns a function that takes the wiring
 * back.
 */
export function onSignals(actions: {
  stop: (signal: 'SIGTERM' | 'SIGINT') => void;
  exit: (code: number) => void;
}): () => void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGTERM' && signal !== 'SIGINT') return;
    if (stopping) {
      actions.exit(128 + constants.signals[signal]);
      return;
    }
    stopping = true;
    actions.stop(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
