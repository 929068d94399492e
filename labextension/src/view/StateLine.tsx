/** One quiet line: what it does, which model, which mode, how full its context is and what it cost, and the keys. */
import type { ReactNode } from 'react';
import type { Activity } from '../session/activity';
import type { ConnectionState } from '../session/live';
import type { ModelInfo, PermissionMode, Session } from '../wire';
import { modeDescription, modeName } from '../lib/format';
import { Keys } from './Keys';
import { Meter } from './Meter';
import { PopupChoice, Popup } from './Popup';
import { useUi } from './ui';

export interface StateLineProps {
  readonly connection: ConnectionState;
  readonly activity: Activity;
  /** Whether there is a model that can answer. */
  readonly hasModel: boolean;
  readonly session: Session | null;
  readonly model: ModelInfo | null;
  readonly models: readonly ModelInfo[];
  readonly mode: PermissionMode;
  readonly modes: readonly PermissionMode[];
  readonly onModel: (id: string) => void;
  readonly onMode: (mode: PermissionMode) => void;
  /** Whether who looks may choose, and whether they are who is asked. */
  readonly canChoose: boolean;
  readonly isAsked: boolean;
  /** What stands below the modes: the permissions that stand. */
  readonly grants: ReactNode;
}

export function StateLine(props: StateLineProps) {
  const { session, model, models, mode, modes, canChoose, onModel, onMode, grants } = props;
  const { trans } = useUi();
  return (
    <div className="jcr-StateLine">
      <State {...props} />
      {model && (
        <Popup
          className="jcr-StateLine-button"
          title={trans.__('Model')}
          isDisabled={!canChoose}
          label={modelLabel(model, trans.__('demo, offline'))}
        >
          {close =>
            models.map(one => (
              <PopupChoice
                key={one.id}
                name={one.name}
                hint={one.is_demo ? trans.__('demo, offline') : one.provider}
                isChosen={one.id === model.id}
                onChoose={() => (close(), onModel(one.id))}
              />
            ))
          }
        </Popup>
      )}
      <Popup
        className="jcr-StateLine-button"
        title={trans.__('Permission mode')}
        isDisabled={!canChoose}
        label={modeName(mode, trans)}
        footer={grants}
      >
        {close =>
          modes.map(one => (
            <PopupChoice
              key={one}
              name={modeName(one, trans)}
              hint={modeDescription(one, trans)}
              isChosen={one === mode}
              onChoose={() => (close(), onMode(one))}
            />
          ))
        }
      </Popup>
      <Meter usage={session?.usage} model={model} />
      <Keys />
    </div>
  );
}

function modelLabel(model: ModelInfo, demo: string): JSX.Element {
  return (
    <>{model.is_demo ? <span className="jcr-Demo">{demo}</span> : <span className="jcr-Ellipsis">{model.name}</span>}</>
  );
}

/** Announced when it changes: the words that a person who does not see the panel needs. */
function State({ connection, activity, hasModel, isAsked }: StateLineProps) {
  const { trans } = useUi();
  const doing = {
    ready: trans.__('ready'),
    working: trans.__('working'),
    asking: isAsked ? trans.__('asks you') : trans.__('waiting')
  };
  const words = {
    connecting: trans.__('connecting'),
    reconnecting: trans.__('reconnecting'),
    refused: trans.__('not signed in'),
    failed: trans.__('not available'),
    live: hasModel ? doing[activity] : trans.__('no model')
  };
  const kind = connection !== 'live' ? connection : hasModel ? activity : 'failed';
  return (
    <span className="jcr-State" role="status" aria-live="polite">
      <span className={`jcr-Dot jcr-mod-${kind}`} aria-hidden="true" />
      {words[connection]}
    </span>
  );
}
