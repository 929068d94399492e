/** All the words of a prompt that waits: its run carries the beginning of a long one. */
import type { Live } from './live';
import type { Run } from '../wire';

/** How long (ms) a stop waits for the words of prompts that it stops; what takes longer is their beginning. */
const PROMPT_MS = 500;

export async function fullPrompt(live: Live, run: Run): Promise<string> {
  return run.is_shortened ? (await live.call(wid => live.client.run(wid, run.run_id))).prompt : run.prompt;
}

export function fullPrompts(live: Live, runs: readonly Run[]): Promise<string[]> {
  const late = new Promise<null>(resolve => setTimeout(() => resolve(null), PROMPT_MS));
  const soon = async (run: Run): Promise<string> =>
    (await Promise.race([fullPrompt(live, run).catch(() => null), late])) ?? run.prompt;
  return Promise.all(runs.map(soon));
}
