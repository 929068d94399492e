/** How full the model's context is and what the session cost; opened, the tokens behind it. */
import type { ModelInfo, Usage } from '../wire';
import { contextPercent, cost, tokens } from '../lib/format';
import { Popup } from './Popup';
import { useUi } from './ui';

interface MeterProps {
  readonly usage: Usage | undefined;
  readonly model: ModelInfo | null;
}

/** From here on the context is said to be nearly full. */
const FULL_PERCENT = 80;

export function Meter({ usage, model }: MeterProps) {
  const { trans } = useUi();
  const percent = contextPercent(usage, model);
  if (!usage || !(usage.input_tokens || usage.output_tokens || usage.context_tokens)) {
    return null;
  }
  const window = model?.context_window ?? null;
  const inContext = window
    ? trans.__('%1 of %2 tokens', tokens(usage.context_tokens), tokens(window))
    : trans.__('%1 tokens', tokens(usage.context_tokens));
  const rows: [string, string][] = [
    [trans.__('Context'), inContext],
    [trans.__('Sent'), tokens(usage.input_tokens + usage.cache_write_tokens)],
    [trans.__('Sent again, from the cache'), tokens(usage.cache_read_tokens)],
    [trans.__('Answered'), tokens(usage.output_tokens)]
  ];
  if (usage.cost_usd !== null) {
    rows.push([trans.__('Cost'), cost(usage.cost_usd)]);
  }
  const isFull = percent !== null && percent >= FULL_PERCENT;
  return (
    <Popup
      className="jcr-StateLine-button"
      title={usage.cost_usd === null ? trans.__('Context: %1', inContext) : trans.__('Context and cost: %1', inContext)}
      role="dialog"
      label={
        <>
          {percent !== null && (
            <>
              <span className={isFull ? 'jcr-Meter jcr-mod-full' : 'jcr-Meter'} aria-hidden="true">
                <span style={{ width: `${percent}%` }} />
              </span>
              {percent}%
            </>
          )}
          {percent === null && inContext}
          {usage.cost_usd !== null && <span>· {cost(usage.cost_usd)}</span>}
        </>
      }
    >
      {() => (
        <dl className="jcr-Usage" tabIndex={-1}>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          {isFull && <p>{trans.__('Nearly full: start a new session for a new task.')}</p>}
        </dl>
      )}
    </Popup>
  );
}
