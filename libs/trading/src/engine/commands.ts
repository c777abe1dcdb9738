import type { AccountControl } from '../broker/account-control.ts';
import { cancelAll, flatten } from '../broker/day-ends.ts';
import type { Desk } from '../broker/desk.ts';
import { placeOrder } from '../broker/placing.ts';
import type { CommandEvent } from '../contract/event.ts';
import { MANUAL } from '../contract/order.ts';
import type { StateRows } from '../state-rows.ts';
import type { OutputDraft } from './output-draft.ts';
import type { StrategyDesk } from './strategy-desk.ts';

/** Command ids that are remembered, so that a repeated request changes nothing. */
const MAX_COMMAND_IDS = 256;
const KEY = 'commands';

export interface CommandParts {
  readonly rows: StateRows;
  readonly desk: Desk;
  readonly control: AccountControl;
  readonly strategies: StrategyDesk;
}

/** Does what a person demands, once. */
export function obey(parts: CommandParts, draft: OutputDraft, event: CommandEvent): void {
  const { rows, desk, control } = parts;
  const seen = (rows.get(KEY) as readonly string[] | undefined) ?? [];
  if (seen.includes(event.commandId)) return;
  rows.put(KEY, [...seen, event.commandId].slice(-MAX_COMMAND_IDS));
  const { command } = event;
  const decidedMicros = event.timeMicros;
  switch (command.kind) {
    case 'kill':
      control.kill(draft, 'hand', command.reason);
      return cancelAll(desk, draft, null, { code: 'killed', reason: command.reason });
    case 'resume':
      return control.resume(draft, command.reason);
    case 'flatten':
      return flatten(desk, control, draft, { ...command, decidedMicros, commandId: event.commandId });
    case 'place-order': {
      const { request } = command;
      const source = { origin: 'manual', strategy: MANUAL, signalId: null } as const;
      placeOrder(desk, control, draft, { ...source, request, commandId: event.commandId, decidedMicros });
      return;
    }
    case 'cancel-order':
      return cancelByHand(desk, draft, command);
    case 'enable-strategy':
      return enable(parts, draft, command.strategy);
    case 'disable-strategy':
      return disable(parts, draft, command);
  }
}

function cancelByHand(
  desk: Desk,
  draft: OutputDraft,
  command: { readonly orderId: string; readonly reason: string },
): void {
  const working = desk.working.get(command.orderId);
  if (working === undefined)
    draft.addNotice({ code: 'command-refused', text: `there is no working order ${command.orderId}` });
  else
    desk.end(draft, working.order, {
      state: 'cancelled',
      code: 'cancelled-by-hand',
      reason: command.reason,
    });
}

function enable({ strategies }: CommandParts, draft: OutputDraft, id: string): void {
  const own = strategies.switch(id, { isEnabled: true, reason: '' });
  if (own.length === 0) refuse(draft, id);
  for (const instance of own) if (instance.isStopped) strategies.rebuild(instance, draft);
}

function disable(
  { strategies, desk }: CommandParts,
  draft: OutputDraft,
  command: { readonly strategy: string; readonly reason: string },
): void {
  const own = strategies.switch(command.strategy, { isEnabled: false, reason: command.reason });
  if (own.length === 0) refuse(draft, command.strategy);
  cancelSignalOrders(desk, draft, { strategy: command.strategy, reason: command.reason });
}

function refuse(draft: OutputDraft, id: string): void {
  draft.addNotice({ code: 'command-refused', text: `there is no strategy with the id "${id}"` });
}

/** Cancels what a strategy that is no longer at work has ordered. Its positions stay. */
export function cancelSignalOrders(
  desk: Desk,
  draft: OutputDraft,
  of: { readonly strategy: string; readonly instrument?: string; readonly reason: string },
): void {
  for (const { order } of desk.working.all())
    if (
      order.origin === 'signal' &&
      order.strategy === of.strategy &&
      (of.instrument === undefined || order.instrument === of.instrument)
    )
      desk.end(draft, order, { state: 'cancelled', code: 'strategy-stopped', reason: of.reason });
}
