/** What can be done from a turn on: another way from its end, or the same prompt in other words. */
import { ellipsesIcon } from '@jupyterlab/ui-components';
import { memo } from 'react';
import type { Turn } from '../session/turns';
import { Choice, Popup } from './Popup';
import { useUi } from './ui';

export interface TurnDeeds {
  /** Another session that begins with everything up to the end of this turn. */
  readonly onFork: (turn: Turn) => void;
  /** Another session that ends before this turn, with its words in the composer. */
  readonly onEdit: (turn: Turn) => void;
  /** Files and notebooks as they were before this turn. */
  readonly onRewind: (turn: Turn) => void;
}

export const TurnMenu = memo(function TurnMenu({ turn, onFork, onEdit, onRewind }: TurnDeeds & { turn: Turn }) {
  const { trans } = useUi();
  return (
    <Popup
      className="jcr-IconButton"
      title={trans.__('From here')}
      align="right"
      label={<ellipsesIcon.react tag="span" className="jcr-Icon" />}
    >
      {close => (
        <>
          <Choice
            name={trans.__('Fork from here')}
            hint={trans.__('a new session that goes on after this turn')}
            onChoose={() => (close(), onFork(turn))}
          />
          <Choice
            name={trans.__('Edit and send again')}
            hint={trans.__('a new session that goes on before it')}
            onChoose={() => (close(), onEdit(turn))}
          />
          <Choice
            name={trans.__('Rewind files to before it')}
            hint={trans.__('undoes what the agent changed in this turn and later')}
            onChoose={() => (close(), onRewind(turn))}
          />
        </>
      )}
    </Popup>
  );
});
