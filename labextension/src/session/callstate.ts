/** Where a call stands that has no result yet. Pure. */
import type { PendingRequest } from './model';
import { isAsked } from './roles';
import { isReading } from './tools';
import type { Tool } from './turns';
import type { May } from '../wire';

/** It runs; or who looks is asked about it; or it begins when they have answered for the others; or somebody else is to answer. */
export type CallState = 'runs' | 'asks' | 'held' | 'waits';

/** While a request for one of these waits, nothing else of the answer changes anything. */
const CODE: readonly string[] = ['execute', 'shell'];

/** `asked`: what waits for a person in the session of the call. `may`: of who looks. */
export function callState(tool: Tool, asked: readonly PendingRequest[], may?: May | null): CallState {
  const own = asked.find(request => request.tool_call_id === tool.call.id);
  if (own) {
    return isAsked(own, may) ? 'asks' : 'waits';
  }
  const code = asked.find(request => 'action' in request && CODE.includes(request.action));
  if (!code || isReading(tool)) {
    return 'runs';
  }
  return isAsked(code, may) ? 'held' : 'waits';
}
