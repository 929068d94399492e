/** Where a call stands that has no result yet. Pure. */
import type { Asked } from './model';
import { isReading } from './tools';
import type { Tool } from './turns';

/** It runs; or a person is asked about it; or it begins when they have answered for the others. */
export type Standing = 'runs' | 'asks' | 'held';

/** While a request for one of these waits, nothing else of the answer changes anything. */
const CODE: readonly string[] = ['execute', 'shell'];

/** `asked`: what waits for a person in the session of the call. */
export function standing(tool: Tool, asked: readonly Asked[]): Standing {
  if (asked.some(request => request.tool_call_id === tool.call.id)) {
    return 'asks';
  }
  const isHeld = asked.some(request => 'action' in request && CODE.includes(request.action));
  return isHeld && !isReading(tool) ? 'held' : 'runs';
}
